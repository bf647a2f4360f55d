"""Many recordings at once: bounded, ended in order, and nothing torn when something breaks."""

import asyncio
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.archive.engine import Engine, Limits
from nemo_voice_stt.archive.errors import SinkFailed
from nemo_voice_stt.archive.options import ArchiveOptions, OutputFormat
from nemo_voice_stt.archive.progress import Progress
from nemo_voice_stt.archive.recording import Found, Recording
from nemo_voice_stt.archive.survey import Once, Outputs, Survey
from nemo_voice_stt.archive.transcript_files import Heard
from nemo_voice_stt.transcription.transcription import Passage, Transcript
from support.archives import FakeSink

FORMATS = (OutputFormat.JSON, OutputFormat.TXT)
LIMITS = Limits(files=8, ahead_s=1000.0, ahead_of_one_s=40.0)


def recordings(count: int, stated_s: float = 10.0) -> Iterator[Recording]:
    for number in range(count):
        yield Recording(Path(f"{number}.wav"), str(number), stated_s=stated_s)


class FakeTranscriber:
    """Hears each recording's number, once it may."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.gate = asyncio.Event()
        if is_open:
            self.gate.set()
        self.begun: list[str] = []
        self.hearing_s, self.most_s, self.most = 0.0, 0.0, 0
        self.errors: dict[str, Exception] = {}
        self._count = 0

    async def heard(self, recording: Recording, /) -> Heard:
        """Returns the number, or raises its error."""
        self.begun.append(recording.name)
        self._count += 1
        self.hearing_s += recording.stated_s or 0.0
        self.most, self.most_s = max(self.most, self._count), max(self.most_s, self.hearing_s)
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
            if (error := self.errors.get(recording.name)) is not None:
                raise error
        finally:
            self._count -= 1
            self.hearing_s -= recording.stated_s or 0.0
        passage = Passage(recording.name, (), 0.0, 1.0)
        return Heard(Transcript(recording.name, (passage,), 1.0), "english")


class Trial:
    """An engine over fakes, and what is to be seen of it."""

    def __init__(
        self,
        transcriber: FakeTranscriber,
        sink: FakeSink | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self.sink = sink or FakeSink()
        self.failures: list[bytes] = []
        self.progress = Progress(Survey())
        self.outputs = Outputs(self.sink, FORMATS)
        options = ArchiveOptions(formats=FORMATS)
        self.engine = Engine(
            transcriber, self.outputs, options, limits, self.progress, self.failures.append
        )

    async def run(self, found: Iterator[Found]) -> None:
        """Runs the engine to its end."""
        await self.engine.run(found, Once(self.outputs, frozenset()))


async def test_each_recording_has_all_its_outputs() -> None:
    trial = Trial(FakeTranscriber())
    await trial.run(recordings(100))
    assert len(trial.sink.files) == 200
    assert trial.sink.files["42.txt"] == b"42\n"
    assert json.loads(trial.sink.files["42.json"])["text"] == "42"
    assert (trial.progress.state().done, trial.progress.state().audio_s) == (100, 100.0)


async def test_what_has_all_its_outputs_is_left_out() -> None:
    transcriber = FakeTranscriber()
    sink = FakeSink("1.json", "1.txt", "2.json")
    await Trial(transcriber, sink).run(recordings(4))
    assert sorted(transcriber.begun) == ["0", "2", "3"]


@pytest.mark.parametrize(
    ("limits", "stated_s", "most"),
    [
        (Limits(files=8, ahead_s=1000.0, ahead_of_one_s=40.0), 10.0, 8),
        (Limits(files=8, ahead_s=30.0, ahead_of_one_s=40.0), 10.0, 3),
        (Limits(files=8, ahead_s=100.0, ahead_of_one_s=40.0), 3600.0, 2),
        (Limits(files=8, ahead_s=30.0, ahead_of_one_s=40.0), 3600.0, 1),
    ],
)
async def test_no_more_is_open_than_the_limits_say(
    limits: Limits, stated_s: float, most: int
) -> None:
    transcriber = FakeTranscriber()
    trial = Trial(transcriber, limits=limits)
    await trial.run(recordings(50, stated_s))
    assert transcriber.most == most
    assert len(trial.sink.files) == 100


async def test_the_longest_of_a_window_come_first() -> None:
    transcriber = FakeTranscriber()
    found = [
        Recording(Path("a.wav"), "a", stated_s=1.0),
        Recording(Path("b.wav"), "b", size_bytes=3_200_000),
        Recording(Path("c.mp3"), "c", size_bytes=3_200_000),
        Recording(Path("d.wav"), "d", stated_s=5.0),
    ]
    await Trial(transcriber).run(iter(found))
    assert transcriber.begun == ["c", "b", "d", "a"]


async def test_of_a_million_recordings_only_the_next_are_in_memory() -> None:
    transcriber = FakeTranscriber(is_open=False)
    taken = itertools.count()
    found = ((next(taken), one)[1] for one in recordings(1_000_000))
    trial = Trial(transcriber)
    running = asyncio.create_task(trial.run(found))
    while len(transcriber.begun) < 8:
        await asyncio.sleep(0.01)
    trial.engine.stop()
    transcriber.gate.set()
    await running
    assert next(taken) <= 2 * 4096 + 1


async def test_a_recording_that_fails_is_a_line_and_the_rest_goes_on() -> None:
    transcriber = FakeTranscriber()
    transcriber.errors["3"] = InvalidRequest("It is wrong.")
    trial = Trial(transcriber)
    await trial.run(recordings(10))
    assert len(trial.sink.files) == 18
    (line,) = trial.failures
    assert json.loads(line) == {"audio_filepath": "3.wav", **InvalidRequest("It is wrong.").body()}


async def test_a_sink_that_fills_up_ends_the_run_at_once() -> None:
    transcriber = FakeTranscriber()
    trial = Trial(transcriber, FakeSink(room=1500))
    with pytest.raises(SinkFailed, match="No space left on device"):
        await trial.run(recordings(5000))
    assert len(transcriber.begun) < 200
    assert trial.failures == []
    for name, data in trial.sink.files.items():
        if name.endswith(".json"):
            assert json.loads(data)["text"] == name.removesuffix(".json")


async def test_a_failure_that_cannot_be_written_ends_the_run_too() -> None:
    transcriber = FakeTranscriber()
    transcriber.errors["3"] = InvalidRequest("It is wrong.")

    def full(_line: bytes) -> None:
        raise SinkFailed("failed.jsonl cannot be written: No space left on device")

    outputs, options = Outputs(FakeSink(), FORMATS), ArchiveOptions(formats=FORMATS)
    engine = Engine(transcriber, outputs, options, LIMITS, Progress(Survey()), full)
    with pytest.raises(SinkFailed, match="failed"):
        await engine.run(recordings(5000), Once(outputs, frozenset()))
    assert len(transcriber.begun) < 200


async def test_when_it_is_stopped_nothing_more_is_written() -> None:
    transcriber = FakeTranscriber(is_open=False)
    trial = Trial(transcriber)
    running = asyncio.create_task(trial.run(recordings(100)))
    while len(transcriber.begun) < 8:
        await asyncio.sleep(0.01)
    trial.engine.stop()
    await running
    assert (len(transcriber.begun), trial.sink.files, trial.failures) == (8, {}, [])


async def test_an_error_that_nobody_foresaw_ends_the_run() -> None:
    transcriber = FakeTranscriber()
    transcriber.errors["3"] = ZeroDivisionError("a fault of ours")
    with pytest.raises(ZeroDivisionError):
        await Trial(transcriber).run(recordings(5000))
    assert len(transcriber.begun) < 200


async def test_inputs_that_cannot_be_read_to_their_end_end_the_run() -> None:
    def found() -> Iterator[Recording]:
        yield from recordings(5000)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        await Trial(FakeTranscriber()).run(found())
