"""pipecat against both services: prints as JSON what its pipelines got."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    ProposedUserStartedSpeakingFrame,
    ProposedUserStoppedSpeakingFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from agents.pipecat import configuration
from agents.program import LONG_TEXT, PATIENCE_S, TEXT, Given, run
from agents.sound import rate_of, spoken, write_wav


class Collector(FrameProcessor):  # type: ignore[misc] # pipecat is in an environment of its own
    """The end of a pipeline, which keeps what arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self.arrived = asyncio.Condition()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keeps the frame and passes it on."""
        await super().process_frame(frame, direction)
        async with self.arrived:
            self.frames.append(frame)
            self.arrived.notify_all()
        await self.push_frame(frame, direction)

    def of(self, kind: type[Frame]) -> list[Any]:
        """Returns the frames of a kind."""
        return [frame for frame in self.frames if isinstance(frame, kind)]

    async def until(self, holds: Callable[[], Any]) -> None:
        """Waits for frames with which the condition holds."""
        async with asyncio.timeout(PATIENCE_S), self.arrived:
            await self.arrived.wait_for(holds)


class Running:
    """A pipeline that runs while something is done with it."""

    def __init__(self, *processors: FrameProcessor) -> None:
        self.collector = Collector()
        self.errors: list[str] = []
        self.worker = PipelineWorker(
            Pipeline([*processors, self.collector]),
            enable_rtvi=False,
            params=PipelineParams(audio_in_sample_rate=16_000),
        )
        self._started = asyncio.Event()
        self.worker.add_event_handler("on_pipeline_started", self._on_started)
        self.worker.add_event_handler("on_pipeline_error", self._on_error)

    async def during(self, work: Callable[[], Awaitable[None]]) -> Collector:
        """Runs the pipeline during the work, and returns what arrived at its end."""

        async def drive() -> None:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._started.wait()
                await work()
            finally:
                await self.worker.queue_frame(EndFrame())

        runner = WorkerRunner()
        await runner.add_workers(self.worker)
        await asyncio.gather(runner.run(), drive())
        return self.collector

    async def speak(self, clip: Path) -> None:
        """Has the clip spoken into the pipeline, and silence after it."""
        async for piece in spoken(clip):
            await self.worker.queue_frame(InputAudioRawFrame(piece, rate_of(clip), 1))

    async def _on_started(self, *_: Any) -> None:
        self._started.set()

    async def _on_error(self, _: Any, frame: ErrorFrame) -> None:
        self.errors.append(frame.error)


async def heard(service: Any, clip: Path, *, vad: bool) -> dict[str, Any]:
    """Returns what a service heard of a clip that is spoken twice."""
    detectors = [VADProcessor(vad_analyzer=SileroVADAnalyzer())] if vad else []
    running = Running(*detectors, service)
    collector = running.collector

    def transcript() -> str:
        return " ".join(frame.text.strip() for frame in collector.of(TranscriptionFrame))

    async def speak_twice() -> None:
        await running.speak(clip)
        await collector.until(lambda: transcript().endswith("today"))
        await running.speak(clip)
        await collector.until(lambda: transcript().count("today") == 2)

    found = await running.during(speak_twice)
    return {
        "partials": [frame.text for frame in found.of(InterimTranscriptionFrame)],
        "finals": [frame.text for frame in found.of(TranscriptionFrame)],
        "began": len(found.of(ProposedUserStartedSpeakingFrame)),
        "ended": len(found.of(ProposedUserStoppedSpeakingFrame)),
        "errors": running.errors,
    }


async def heard_of_two(given: Given) -> dict[str, Any]:
    """Returns what a service heard until it heard something else: another replica answers."""
    running = Running(configuration.openai_stt_turns(given.stt))
    collector = running.collector

    def texts() -> list[str]:
        return [frame.text for frame in collector.of(TranscriptionFrame)]

    async def speak_on() -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(set(texts())) < 2:
                await running.speak(given.clip)

    await running.during(speak_on)
    return {"finals": texts(), "errors": running.errors}


async def said(service: Any, path: Path) -> dict[str, Any]:
    """Writes what a service says of a text, and returns at which rates, and the errors."""
    running = Running(service)

    async def ask() -> None:
        await running.worker.queue_frame(TTSSpeakFrame(TEXT))

    found = await running.during(ask)
    sounds = found.of(TTSAudioRawFrame)
    (rate,) = {frame.sample_rate for frame in sounds}
    write_wav(path, b"".join(frame.audio for frame in sounds), rate)
    words = [frame.text.strip() for frame in found.of(TTSTextFrame)]
    return {"pieces": len(sounds), "words": words, "errors": running.errors}


async def said_after_interruption(service: Any, path: Path) -> dict[str, Any]:
    """Interrupts a service that speaks; writes what it says next, and returns the errors."""
    running = Running(service)
    collector = running.collector

    async def ask() -> None:
        await running.worker.queue_frame(TTSSpeakFrame(LONG_TEXT))
        await collector.until(lambda: collector.of(TTSAudioRawFrame))
        await running.worker.queue_frame(InterruptionFrame())
        await collector.until(lambda: collector.of(InterruptionFrame))
        collector.frames.clear()
        await running.worker.queue_frame(TTSSpeakFrame(TEXT))

    next_sounds = (await running.during(ask)).of(TTSAudioRawFrame)
    (rate,) = {frame.sample_rate for frame in next_sounds}
    write_wav(path, b"".join(frame.audio for frame in next_sounds), rate)
    return {"errors": running.errors}


SCENARIOS = {
    "openai_stt": lambda given: heard(configuration.openai_stt(given.stt), given.clip, vad=True),
    "openai_stt_turns": lambda given: heard(
        configuration.openai_stt_turns(given.stt), given.clip, vad=False
    ),
    "nvidia_stt": lambda given: heard(
        configuration.nvidia_stt(given.stt_grpc), given.clip, vad=True
    ),
    "another_replica": heard_of_two,
    "openai_tts": lambda given: said(
        configuration.openai_tts(given.tts), given.folder / "openai.wav"
    ),
    "elevenlabs_tts": lambda given: said(
        configuration.elevenlabs_tts(given.tts), given.folder / "elevenlabs.wav"
    ),
    "nvidia_tts": lambda given: said(
        configuration.nvidia_tts(given.tts_grpc), given.folder / "nvidia.wav"
    ),
    "openai_interrupted": lambda given: said_after_interruption(
        configuration.openai_tts(given.tts), given.folder / "openai-next.wav"
    ),
    "elevenlabs_interrupted": lambda given: said_after_interruption(
        configuration.elevenlabs_tts(given.tts), given.folder / "elevenlabs-next.wav"
    ),
    "nvidia_interrupted": lambda given: said_after_interruption(
        configuration.nvidia_tts(given.tts_grpc), given.folder / "nvidia-next.wav"
    ),
}

if __name__ == "__main__":
    run(SCENARIOS)
