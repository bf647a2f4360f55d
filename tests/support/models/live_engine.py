"""The live engine over a stage of one's own."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.device_thread import DeviceThread
from nemo_voice_serving.batching.scheduler import Limits
from nemo_voice_stt.realtime.audio_format import LiveFormat
from nemo_voice_stt.realtime.offline_engine import OfflineEngine
from nemo_voice_stt.realtime.options import LiveOptions
from nemo_voice_stt.realtime.pacing import PartialPacer, PartialPacing
from nemo_voice_stt.transcription.port import Clip, Recognition
from nemo_voice_stt.transcription.transcription import Pacing, Transcription
from support.models.observers import RecordingObserver

RATE_HZ = 16_000
OPTIONS = LiveOptions(audio_format=LiveFormat(rate_hz=RATE_HZ), turn_detection=None)
Stage = Callable[[Sequence[Clip]], Sequence[Recognition]]


def counted(batch: Sequence[Clip]) -> Sequence[Recognition]:
    """Hears one word in each half second: `w0 w1 …`."""
    counts = [round(len(clip.samples) / RATE_HZ * 2) for clip in batch]
    return [Recognition(" ".join(f"w{place}" for place in range(count)), ()) for count in counts]


class Seen:
    """Keeps the delays of partials, and which early passes were used."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self.used: list[bool] = []

    def early_final_ended(self, *, was_used: bool) -> None:
        """Keeps one."""
        self.used.append(was_used)

    def partial_recognised(self, delay_s: float) -> None:
        """Keeps one."""
        self.seen.append(delay_s)


@asynccontextmanager
async def engine_of(
    stage: Stage = counted, *, max_work: float = 600, **pacing: float
) -> AsyncIterator[OfflineEngine]:
    """Yields the engine over a recogniser's stage."""
    observer, device = RecordingObserver(), DeviceThread()
    batcher = Batcher[Clip, Recognition](
        "recognition", stage, limits=Limits(), device=device, observer=observer
    )
    batcher.start()
    transcription = Transcription(
        batcher,
        sample_rate_hz=RATE_HZ,
        admission=Admission(max_work, unit="audio seconds", assumed_rate=10, observer=observer),
        pacing=Pacing(piece_s=10, pieces_ahead=2, max_audio_s=3600, timeout_s=30),
    )
    yield OfflineEngine(
        transcription,
        batcher,
        sample_rate_hz=RATE_HZ,
        pacer=PartialPacer(PartialPacing(**pacing), lambda: batcher.in_work),
        observer=Seen(),
    )
    await batcher.close()
    device.close()
