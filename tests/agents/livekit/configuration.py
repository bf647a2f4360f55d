"""LiveKit's plugins as they are pointed at this project's services, for the documentation too."""

from typing import Any

from livekit.plugins import elevenlabs, nvidia, openai


def openai_stt_turns(stt: str) -> Any:
    """Returns live speech to text whose turns the service ends."""
    return openai.STT(use_realtime=True, base_url=f"http://{stt}/v1", api_key="none")


def openai_stt(stt: str) -> Any:
    """Returns live speech to text whose turns LiveKit's own VAD ends."""
    return openai.STT(model="gpt-realtime-whisper", base_url=f"http://{stt}/v1", api_key="none")


def openai_tts(tts: str) -> Any:
    """Returns text to speech."""
    return openai.TTS(voice="alloy", base_url=f"http://{tts}/v1", api_key="none")


def elevenlabs_tts(tts: str) -> Any:
    """Returns text to speech with the times of words, in pieces over one connection."""
    return elevenlabs.TTS(voice_id="default", base_url=f"http://{tts}/v1", api_key="none")


def nvidia_stt(stt_grpc: str) -> Any:
    """Returns live speech to text over gRPC."""
    return nvidia.STT(server=stt_grpc, use_ssl=False)


def nvidia_tts(tts_grpc: str) -> Any:
    """Returns text to speech over gRPC."""
    return nvidia.TTS(server=tts_grpc, use_ssl=False, voice="nemo-voice.default")
