"""pipecat's services as they are pointed at this project's, for the documentation too."""

from typing import Any

from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
from pipecat.services.nvidia.stt import NvidiaSTTService
from pipecat.services.nvidia.tts import NvidiaTTSService
from pipecat.services.openai.stt import OpenAIRealtimeSTTService
from pipecat.services.openai.tts import OpenAITTSService


def openai_stt(stt: str) -> Any:
    """Returns live speech to text whose turns pipecat's own VAD ends."""
    return OpenAIRealtimeSTTService(api_key="none", base_url=f"ws://{stt}/v1/realtime")


def openai_stt_turns(stt: str) -> Any:
    """Returns live speech to text whose turns the service ends."""
    return OpenAIRealtimeSTTService(
        api_key="none",
        base_url=f"ws://{stt}/v1/realtime",
        turn_detection={"type": "server_vad"},
    )


def openai_tts(tts: str) -> Any:
    """Returns text to speech."""
    return OpenAITTSService(api_key="none", base_url=f"http://{tts}/v1")


def elevenlabs_tts(tts: str) -> Any:
    """Returns text to speech with the times of words, in pieces over one connection."""
    return ElevenLabsTTSService(
        api_key="none",
        url=f"ws://{tts}",
        settings=ElevenLabsTTSService.Settings(voice="default"),
    )


def nvidia_stt(stt_grpc: str) -> Any:
    """Returns live speech to text over gRPC."""
    return NvidiaSTTService(server=stt_grpc, use_ssl=False)


def nvidia_tts(tts_grpc: str) -> Any:
    """Returns text to speech over gRPC, one stream for each turn."""
    return NvidiaTTSService(
        server=tts_grpc,
        use_ssl=False,
        settings=NvidiaTTSService.Settings(voice="nemo-voice.default", synthesis_mode="stitched"),
    )
