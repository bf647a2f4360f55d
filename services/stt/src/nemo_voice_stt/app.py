"""The speech-to-text service, put together: settings, model files, recogniser, batcher, routes."""

import importlib.resources
import io
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI

from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.scheduler import Limits
from nemo_voice_serving.http.app import build_app
from nemo_voice_serving.http.routes.models import models_router
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.nemo.threads import use_threads
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_serving.runtime.self_test import Facts, SelfTestFailed
from nemo_voice_stt import __version__
from nemo_voice_stt.backends.tdt.backend import NemoRecogniser, RecogniserOptions
from nemo_voice_stt.http.responses import Listener
from nemo_voice_stt.http.routes.native import seed_router
from nemo_voice_stt.http.routes.openai import openai_router
from nemo_voice_stt.model_files import fetch
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.port import Clip, Recogniser, Recognition
from nemo_voice_stt.transcription.transcription import Hearing, Transcription, TranscriptionOrder
from nemo_voice_stt.word_errors import word_error_rate

SELF_TEST_CLIP = "self_test.flac"
SELF_TEST_TEXT = "good morning how are you today"
WORST_FIRST = 0.5
"""Word error rate of the clip above which a model that just started does not understand."""
WORST_LATER = 0.2
"""Word error rate against the model's own first transcript above which it no longer does."""

AUDIO_BUCKETS = (1.5, 3.0, 5.0, 8.0, 12.0, 20.0)
"""Seconds: pieces of one batch have similar lengths, because the encoder pays for the longest."""

OpenRecogniser = Callable[[SttSettings, Callable[[Progress], None]], Recogniser]
"""Fetches the model's files, reporting progress, and returns the recogniser, unloaded."""


class TranscriptionService:
    """One speech-to-text service, with or without HTTP in front of it."""

    def __init__(self, settings: SttSettings, open_recogniser: OpenRecogniser) -> None:
        self.settings = settings
        self.runtime: Runtime[Recogniser] = Runtime(settings, service="stt")
        self.listener = Listener(self.runtime)
        self._open_recogniser = open_recogniser
        self._reference: str | None = None

    async def start(self) -> None:
        """Begins the way to ready."""
        self.runtime.start(
            open_backend=lambda: self._open_recogniser(
                self.settings, self.runtime.fetch_progressed
            ),
            assemble=self._assemble,
            probe=self._probe,
        )

    async def stop(self) -> None:
        """Ends what `start` began."""
        await self.runtime.close()

    async def _assemble(self, recogniser: Recogniser) -> Sequence[Batcher[Any, Any]]:
        runtime, settings = self.runtime, self.settings
        limits = Limits(
            max_items=settings.batching.max_items,
            max_padded=settings.max_batch_audio_s,
            max_wait_s=settings.batching.max_wait_ms / 1000,
            bucket_edges=AUDIO_BUCKETS,
        )
        recognitions = Batcher[Clip, Recognition](
            "recognition",
            recogniser.recognise,
            limits=limits,
            device=runtime.device,
            observer=runtime.metrics,
            on_device_lost=runtime.device_lost,
            inside=runtime.metrics.inside,
        )
        admission = Admission(
            settings.max_queue_audio_s,
            unit="audio seconds",
            assumed_rate=20.0,
            observer=runtime.metrics,
        )
        hearing = Hearing(
            piece_s=settings.piece_s,
            pieces_ahead=settings.pieces_ahead,
            max_audio_s=settings.max_audio_s,
            timeout_s=settings.request_timeout_s,
        )
        self.listener.transcription = Transcription(
            recognitions,
            sample_rate_hz=recogniser.sample_rate_hz,
            admission=admission,
            hearing=hearing,
        )
        return [recognitions]

    async def _probe(self) -> Facts:
        transcription = self.listener.transcription
        assert transcription is not None  # noqa: S101 the self-test runs after assembly
        clip = importlib.resources.files("nemo_voice_stt").joinpath(SELF_TEST_CLIP).read_bytes()
        transcript = await transcription.transcribe(TranscriptionOrder(io.BytesIO(clip)))
        facts = check_self_test(transcript.text, self._reference)
        self._reference = self._reference or transcript.text
        return facts


def check_self_test(heard: str, reference: str | None) -> Facts:
    """Returns the self-test's measures.

    Args:
        heard: What the model made of the packaged clip.
        reference: What it made of it the first time; None the first time.

    Raises:
        SelfTestFailed: When the model does not understand, or no longer as it did.
    """
    expected, worst = (
        (SELF_TEST_TEXT, WORST_FIRST) if reference is None else (reference, WORST_LATER)
    )
    rate = word_error_rate(expected, heard)
    if rate > worst:
        raise SelfTestFailed(f"heard {heard!r} instead of {expected!r}")
    return {"heard": heard, "word_error_rate": round(rate, 3)}


def open_recogniser(settings: SttSettings, progress: Callable[[Progress], None]) -> Recogniser:
    """Fetches the model's files and returns NeMo's recogniser, unloaded."""
    stored = fetch(settings, progress)
    use_threads(settings.threads)
    options = RecogniserOptions(
        device=settings.device,
        precision=settings.precision,
        use_cuda_graphs=settings.cuda_graphs,
        max_batch_items=settings.batching.max_items,
        max_batch_audio_s=settings.max_batch_audio_s,
        longest_s=settings.piece_s,
        bucket_edges=AUDIO_BUCKETS,
    )
    return NemoRecogniser(stored.directory, settings.model, stored.revision, options)


def build(settings: SttSettings, open_recogniser: OpenRecogniser) -> FastAPI:
    """Returns the application; `app.state.service` is the service behind it."""
    service = TranscriptionService(settings, open_recogniser)
    app = build_app(
        service.runtime,
        title="nemo-voice speech to text",
        description="Text from speech with NVIDIA NeMo FastConformer-TDT.",
        version=__version__,
        routers=[
            seed_router(service.listener),
            openai_router(service.listener, languages=settings.language_codes),
            models_router(service.runtime),
        ],
        on_start=service.start,
        on_stop=service.stop,
    )
    app.state.service = service
    return app
