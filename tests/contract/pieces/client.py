"""Clients of text in pieces against the text-to-speech service: prints as JSON what they got.

Runs in an environment of its own, with the service's address. `nvidia-riva-client` is used as its
script `realtime_tts_client.py` uses it, and ElevenLabs' package as its documentation does.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

from elevenlabs.client import ElevenLabs
from elevenlabs.core.api_error import ApiError
from elevenlabs.types import VoiceSettings
from riva.client.realtime import RealtimeClientTTS

LINES = ("Good morning to you.", "How are you today?")
PIECES = ("Good mor", "ning to you. ", "How are", " you today?")


async def nvidia(server: str, sample_rate_hz: int) -> dict[str, Any]:
    """Returns what NVIDIA's realtime client got of some lines, a commit after each."""
    args = argparse.Namespace(
        server=server, endpoint="/v1/realtime", query_params="intent=synthesize", use_ssl=False,
        ssl_root_cert=None, ssl_client_cert=None, ssl_client_key=None, language_code="en-US",
        voice="", sample_rate_hz=sample_rate_hz, encoding="LINEAR_PCM", custom_dictionary="",
        zero_shot_audio_prompt_file=None,
    )  # fmt: skip

    async def lines() -> AsyncIterator[str | None]:
        for line in LINES:
            yield line
            yield None

    client = RealtimeClientTTS(args=args)
    audio: list[bytes] = []
    await client.connect()
    try:
        await asyncio.gather(client.send_text(lines()), client.receive_audio(audio))
    finally:
        await client.disconnect()
    return {"bytes": sum(map(len, audio)), "failed": client.error_occurred}


def elevenlabs(server: str, key: str, voice: str, output_format: str) -> dict[str, Any]:
    """Returns what ElevenLabs' package got of a text in pieces."""
    client = ElevenLabs(api_key=key, base_url=f"http://{server}")
    speech = client.text_to_speech
    speech._ws_base_url = f"ws://{server}"  # it would insist on TLS

    def pieces() -> Iterator[str]:
        yield from PIECES

    try:
        audio = b"".join(
            speech.convert_realtime(
                voice_id=voice,
                text=pieces(),
                model_id="eleven_flash_v2_5",
                output_format=output_format,
                voice_settings=VoiceSettings(stability=0.5, speed=1.0),
            )
        )
    except ApiError as error:
        return {"code": error.status_code, "body": str(error.body)}
    except Exception as error:  # noqa: BLE001 a refused handshake has a class of its own
        return {"error": f"{type(error).__name__}: {error}"}
    return {"bytes": len(audio), "begins": audio[:4].hex()}


def main(open_server: str, server: str) -> dict[str, Any]:
    """Returns what each client got; NVIDIA's has no key, and calls the first server."""
    return {
        "nvidia": asyncio.run(nvidia(open_server, 44_100)),
        "pcm": elevenlabs(server, "sesame", "default", "pcm_24000"),
        "mp3": elevenlabs(server, "sesame", "default", "mp3_44100_128"),
        "badKey": elevenlabs(server, "wrong", "default", "pcm_24000"),
        "badVoice": elevenlabs(server, "sesame", "nobody", "pcm_24000"),
    }


if __name__ == "__main__":
    sys.stdout.write(f"\n{json.dumps(main(sys.argv[1], sys.argv[2]))}\n")
