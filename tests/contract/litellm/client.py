"""LiteLLM against both services: prints as JSON what it got. Runs in an environment of its own."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import litellm
import openai

OPTIONS: dict[str, Any] = {"api_key": "sesame", "max_retries": 0}


def main(tts: str, stt: str, clip: Path) -> dict[str, Any]:
    """Returns what every way of asking gave."""

    def spoken(**more: Any) -> bytes:
        order = {"model": "openai/tts-1", "voice": "alloy", "input": "Hello there.", **more}
        response: bytes = litellm.speech(api_base=f"{tts}/v1", **OPTIONS, **order).content
        return response

    def heard(**more: Any) -> dict[str, Any]:
        with clip.open("rb") as file:
            response = litellm.transcription(
                model="openai/whisper-1", file=file, api_base=f"{stt}/v1", **{**OPTIONS, **more}
            )
        return dict(response.model_dump())

    async def heard_later() -> dict[str, Any]:
        with clip.open("rb") as file:
            response = await litellm.atranscription(
                model="openai/whisper-1", file=file, api_base=f"{stt}/v1", **OPTIONS
            )
        return dict(response.model_dump())

    return {
        "mp3": spoken()[:3].decode("latin-1"),
        "pcmBytes": len(spoken(response_format="pcm")),
        "json": heard(),
        "verbose": heard(
            response_format="verbose_json", timestamp_granularities=["word", "segment"]
        ),
        "later": asyncio.run(heard_later()),
        "emptyText": _refusal(lambda: spoken(input="")),
        "badKey": _refusal(lambda: heard(api_key="wrong")),
    }


def _refusal(work: Callable[[], Any]) -> dict[str, Any] | None:
    try:
        work()
    except openai.APIStatusError as error:  # LiteLLM's own are subclasses
        return {"name": type(error).__name__, "status": error.status_code}
    return None


if __name__ == "__main__":
    responses = main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    sys.stdout.write(f"\n{json.dumps(responses)}\n")
