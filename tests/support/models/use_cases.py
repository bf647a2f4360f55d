"""Both use cases over fake models, with batchers of their own and no service around them."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.device_thread import DeviceThread
from nemo_voice_serving.batching.scheduler import Limits
from nemo_voice_stt.transcription.port import Clip, Recognition
from nemo_voice_stt.transcription.transcription import Pacing as PiecePacing
from nemo_voice_stt.transcription.transcription import Transcription
from nemo_voice_tts.synthesis.port import Phrase, Spectrogram, Window
from nemo_voice_tts.synthesis.synthesis import Pacing, Synthesis
from support.models.fakes import FakeNormaliser, FakeVoice
from support.models.observers import RecordingObserver


@asynccontextmanager
async def synthesis_of(voice: FakeVoice, *, ahead: int = 2) -> AsyncIterator[Synthesis]:
    """Yields the synthesis over a voice."""
    observer, device = RecordingObserver(), DeviceThread()
    spectrograms = Batcher[Phrase, Spectrogram](
        "spectrogram", voice.spectrograms, limits=Limits(), device=device, observer=observer
    )
    vocoder = Batcher[Window, Samples](
        "vocoder", voice.waveforms, limits=Limits(max_items=1), device=device, observer=observer
    )
    spectrograms.start()
    vocoder.start()
    yield Synthesis(
        voice,
        normalise=FakeNormaliser().normalise,
        spectrograms=spectrograms,
        vocoder=vocoder,
        admission=Admission(10_000, unit="characters", assumed_rate=100, observer=observer),
        pacing=Pacing(phrase_chars=60, first_phrase_chars=20, phrases_ahead=ahead, timeout_s=30),
    )
    await spectrograms.close()
    await vocoder.close()
    device.close()


@asynccontextmanager
async def transcription_of(
    stage: Callable[[Sequence[Clip]], Sequence[Recognition]], *, ahead: int = 2
) -> AsyncIterator[Transcription]:
    """Yields the transcription over a recogniser's stage."""
    observer, device = RecordingObserver(), DeviceThread()
    batcher = Batcher[Clip, Recognition](
        "recognition", stage, limits=Limits(), device=device, observer=observer
    )
    batcher.start()
    yield Transcription(
        batcher,
        sample_rate_hz=16_000,
        admission=Admission(600, unit="audio seconds", assumed_rate=10, observer=observer),
        pacing=PiecePacing(piece_s=10, pieces_ahead=ahead, max_audio_s=3600, timeout_s=30),
    )
    await batcher.close()
    device.close()
