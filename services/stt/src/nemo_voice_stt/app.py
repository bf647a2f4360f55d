"""The speech-to-text service, put together: settings, model files, recogniser, batcher, routes."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from fastapi import FastAPI
from typing_extensions import override

from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.scheduler import AT_ONCE
from nemo_voice_serving.http.app import build_app
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.nemo import torch_setup
from nemo_voice_serving.runtime.self_test import Facts
from nemo_voice_serving.runtime.service import Service
from nemo_voice_stt import __version__
from nemo_voice_stt.backends.loading import load
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.decoder_choice import DecoderChoice
from nemo_voice_stt.http.responses import TranscriptResponses
from nemo_voice_stt.http.routes.native import native_router
from nemo_voice_stt.http.routes.openai import openai_router
from nemo_voice_stt.http.routes.translations import translations_router
from nemo_voice_stt.model_files import fetch
from nemo_voice_stt.self_test import SelfTestClips, TranscribedClip
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.languages import codes_of
from nemo_voice_stt.transcription.port import Recogniser
from nemo_voice_stt.transcription.transcription import Pacing, Transcription

AUDIO_BUCKETS = (1.5, 3.0, 5.0, 8.0, 12.0, 20.0)
"""Seconds: pieces of one batch have similar lengths, because the encoder pays for the longest."""

FetchRecogniser = Callable[[SttSettings, Callable[[Progress], None]], Callable[[], Recogniser]]
"""Fetches the model's files, reporting progress, and returns what loads them."""


class TranscriptionService(Service[Recogniser, Transcription]):
    """One speech-to-text service, with or without HTTP in front of it."""

    def __init__(self, settings: SttSettings, fetch_recogniser: FetchRecogniser) -> None:
        super().__init__(settings, name="stt")
        self._settings = settings
        self._fetch_recogniser = fetch_recogniser
        self._tested: tuple[TranscribedClip, Transcription] | None = None

    @override
    def fetch_model(self) -> Callable[[], Recogniser]:
        # Before the download, which takes minutes: a clip that is none is found at once.
        self._clips = SelfTestClips(self._settings.self_test)
        return self._fetch_recogniser(self._settings, self.runtime.fetch_progressed)

    @override
    async def assemble(self, backend: Recogniser) -> Transcription:
        self.runtime.watch_memory(torch_setup.device_memory)
        runtime, settings = self.runtime, self._settings
        most_s = settings.batch_audio_s_on(backend.description.device)
        limits = runtime.first_limits(AUDIO_BUCKETS, max_padded=most_s)
        transcription = partial(
            Transcription,
            runtime.batcher(
                "recognition",
                backend.recognise,
                limits,
                gathers=True,
                memory_advice="If it goes on, lower NEMO_VOICE_PIECE_S.",
            ),
            sample_rate_hz=backend.description.sample_rate_hz,
            abilities=backend.abilities,
        )
        pacing = Pacing(
            piece_s=settings.piece_s,
            pieces_ahead=settings.pieces_ahead,
            max_audio_s=settings.max_audio_s,
            timeout_s=settings.request_timeout_s,
        )
        self._tested = (
            TranscribedClip(
                self._clips.clip_for(self.languages()), backend.abilities.told_languages
            ),
            # Neither a full queue nor a long file keeps the self-test from the model.
            transcription(admission=Admission.unlimited(), pacing=replace(pacing, urgency=AT_ONCE)),
        )
        admission = runtime.admission(
            settings.max_queue_audio_s, unit="audio seconds", assumed_rate=20.0
        )
        return transcription(admission=admission, pacing=pacing)

    def languages(self) -> tuple[str, ...]:
        """Returns the ISO 639-1 codes of what the model understands, as far as that is known."""
        settings = self._settings
        of_the_model = () if settings.names_languages else self.runtime.model.languages
        known = of_the_model or settings.language_codes
        return tuple(codes_of(known))

    @override
    async def probe(self, use_case: Transcription) -> Facts:
        assert self._tested is not None  # noqa: S101 assembled before it is tested
        clip, transcription = self._tested
        return await clip.test(transcription)


def fetch_recogniser(
    settings: SttSettings, progress: Callable[[Progress], None]
) -> Callable[[], Recogniser]:
    """Fetches the model's files and returns what loads NeMo's recogniser from them."""
    clips = SelfTestClips(settings.self_test)
    torch_setup.before_import(settings)
    stored = fetch(settings, progress)
    options = RecogniserOptions(
        device=settings.device,
        precision=settings.precision,
        decoder=DecoderChoice(settings.decoder),
        use_cuda_graphs=settings.cuda_graphs,
        max_batch_items=settings.batching.max_items,
        max_batch_audio_s=settings.max_batch_audio_s,
        longest_s=settings.piece_s,
        bucket_edges=AUDIO_BUCKETS,
        languages=settings.language_codes if settings.names_languages else (),
        speech=clips.speech,
    )
    loading = partial(load, stored.directory, settings.model, stored.revision, options)
    return torch_setup.with_device_settings(settings, loading)


def build(settings: SttSettings, fetch_recogniser: FetchRecogniser) -> FastAPI:
    """Returns the application; `app.state.service` is the service behind it."""
    service = TranscriptionService(settings, fetch_recogniser)
    responses = TranscriptResponses(service)
    return build_app(
        service,
        title="nemo-voice speech to text",
        description="Text from speech with NVIDIA NeMo.",
        version=__version__,
        routers=[
            native_router(responses),
            openai_router(responses, languages=service.languages),
            translations_router(responses, languages=service.languages),
        ],
    )
