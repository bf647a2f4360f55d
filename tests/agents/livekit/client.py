"""LiveKit Agents' plugins against both services: prints as JSON what they got."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import stt, utils
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT

from agents.livekit import configuration
from agents.program import LONG_TEXT, PATIENCE_S, TEXT, Given, run
from agents.sound import rate_of, spoken, write_wav

INTERIM, FINAL = stt.SpeechEventType.INTERIM_TRANSCRIPT, stt.SpeechEventType.FINAL_TRANSCRIPT


class Listening:
    """A stream of speech to text, and the events that came of it so far."""

    def __init__(self, service: Any) -> None:
        self._stream = service.stream()
        self.events: list[Any] = []
        self.errors: list[str] = []
        service.on("error", lambda error: self.errors.append(str(error.error)))

    async def collect(self) -> None:
        """Keeps every event until the stream ends."""
        async for event in self._stream:
            self.events.append(event)

    async def speak(self, clip: Path) -> None:
        """Has the clip spoken, and silence after it."""
        async for piece in spoken(clip):
            self._stream.push_frame(rtc.AudioFrame(piece, rate_of(clip), 1, len(piece) // 2))

    async def until_finals(self, number: int) -> None:
        """Waits for so many final transcripts."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.texts(FINAL)) < number:
                await asyncio.sleep(0.05)

    def texts(self, kind: Any) -> list[str]:
        """Returns the texts of the events of a kind."""
        return [one.alternatives[0].text.strip() for one in self.events if one.type is kind]

    async def close(self) -> None:
        """Ends the stream."""
        await self._stream.aclose()


@asynccontextmanager
async def listening(service: Any) -> AsyncIterator[Listening]:
    """Yields a stream of a service, and closes both."""
    async with utils.http_context.open():
        stream = Listening(service)
        collecting = asyncio.create_task(stream.collect())
        try:
            yield stream
        finally:
            await stream.close()
            await collecting
            await service.aclose()


async def heard(service: Any, clip: Path) -> dict[str, Any]:
    """Returns what a service heard of a clip that is spoken twice."""
    async with listening(service) as stream:
        for number in (1, 2):
            await stream.speak(clip)
            await stream.until_finals(number)
    words = [one.alternatives[0].words or [] for one in stream.events if one.type is FINAL]
    return {
        "partials": stream.texts(INTERIM),
        "finals": stream.texts(FINAL),
        "words": [[str(word) for word in each] for each in words],
        "kinds": [event.type.value for event in stream.events],
        "errors": stream.errors,
    }


async def heard_of_two(given: Given) -> dict[str, Any]:
    """Returns what a service heard until it heard something else: another replica answers."""
    async with (
        asyncio.timeout(PATIENCE_S),
        listening(configuration.openai_stt_turns(given.stt)) as stream,
    ):
        while len(set(stream.texts(FINAL))) < 2:
            await stream.speak(given.clip)
    return {"finals": stream.texts(FINAL), "errors": stream.errors}


async def said(speech: AsyncIterator[Any], path: Path) -> None:
    """Writes a service's speech."""
    frames = [audio.frame async for audio in speech]
    (rate,) = {frame.sample_rate for frame in frames}
    write_wav(path, b"".join(bytes(frame.data) for frame in frames), rate)


async def openai_said(given: Given) -> dict[str, Any]:
    """Writes what is said of a text, then begins a long one, drops it and says the first again."""
    async with utils.http_context.open():
        service = configuration.openai_tts(given.tts)
        await said(service.synthesize(TEXT), given.folder / "openai.wav")
        await _dropped(service.synthesize(LONG_TEXT))
        await said(service.synthesize(TEXT), given.folder / "openai-next.wav")
        await service.aclose()
    return {}


async def streamed_said(service: Any, folder: Path, name: str) -> dict[str, Any]:
    """Does the same with streams that get their text in words; returns the words with times."""
    words: list[str] = []
    async with utils.http_context.open():
        await said(_kept(_streamed(service, TEXT), words), folder / f"{name}.wav")
        await _dropped(_streamed(service, LONG_TEXT))
        await said(_streamed(service, TEXT), folder / f"{name}-next.wav")
        await service.aclose()
    return {"words": words}


async def _kept(speech: Any, words: list[str]) -> AsyncIterator[Any]:
    """Yields speech, and keeps the words whose times it states."""
    async for audio in speech:
        words += [
            str(word).strip() for word in audio.frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, [])
        ]
        yield audio


async def nvidia_voices(given: Given) -> dict[str, Any]:
    """Returns the voices by their languages."""
    voices: dict[str, Any] = configuration.nvidia_tts(given.tts_grpc).list_voices()
    return voices


def _streamed(service: Any, text: str) -> Any:
    stream = service.stream()
    for word in text.split():
        stream.push_text(f"{word} ")
    stream.end_input()
    return stream


async def _dropped(stream: Any) -> None:
    """Closes a stream after its first audio."""
    await anext(aiter(stream))
    await stream.aclose()


SCENARIOS: dict[str, Callable[[Given], Awaitable[dict[str, Any]]]] = {
    "openai_stt": lambda given: heard(configuration.openai_stt(given.stt), given.clip),
    "openai_stt_turns": lambda given: heard(configuration.openai_stt_turns(given.stt), given.clip),
    "nvidia_stt": lambda given: heard(configuration.nvidia_stt(given.stt_grpc), given.clip),
    "another_replica": heard_of_two,
    "openai_tts": openai_said,
    "elevenlabs_tts": lambda given: streamed_said(
        configuration.elevenlabs_tts(given.tts), given.folder, "elevenlabs"
    ),
    "nvidia_tts": lambda given: streamed_said(
        configuration.nvidia_tts(given.tts_grpc), given.folder, "nvidia"
    ),
    "nvidia_voices": nvidia_voices,
}

if __name__ == "__main__":
    run(SCENARIOS)
