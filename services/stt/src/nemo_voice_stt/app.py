"""The speech-to-text service, put together: settings, model files, recogniser, batcher, routes."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from typing_extensions import override

from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.scheduler import AT_ONCE, Limits
from nemo_voice_serving.errors import NotReady
from nemo_voice_serving.grpc.server import grpc_server
from nemo_voice_serving.http.app import build_app
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.read_ahead import read_ahead
from nemo_voice_serving.nemo import torch_setup
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_serving.runtime.self_test import Facts
from nemo_voice_serving.runtime.service import Service
from nemo_voice_stt import __version__
from nemo_voice_stt.backends.decoder_choice import DecoderChoice
from nemo_voice_stt.backends.loading import load
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.silero.detector import MAX_SESSIONS, SileroDetector, SileroModel
from nemo_voice_stt.grpc.riva import recognition_service
from nemo_voice_stt.http.realtime.service import RealtimeService
from nemo_voice_stt.http.responses import TranscriptResponses
from nemo_voice_stt.http.routes.native import native_router
from nemo_voice_stt.http.routes.openai import openai_router
from nemo_voice_stt.http.routes.realtime import realtime_router
from nemo_voice_stt.http.routes.realtime_sessions import realtime_sessions_router
from nemo_voice_stt.http.routes.translations import translations_router
from nemo_voice_stt.model_files import fetch
from nemo_voice_stt.realtime.capacity import Capacity
from nemo_voice_stt.realtime.engine import LiveEngine, SpeechDetector
from nemo_voice_stt.realtime.live_speech import LiveSpeech
from nemo_voice_stt.realtime.metrics import LiveMetrics
from nemo_voice_stt.realtime.offline_engine import OfflineEngine
from nemo_voice_stt.realtime.options import SessionLimits
from nemo_voice_stt.realtime.pacing import PartialPacer, PartialPacing
from nemo_voice_stt.realtime.streaming_engine import StreamingEngine
from nemo_voice_stt.self_test import SelfTestClips, TranscribedClip
from nemo_voice_stt.settings import RealtimeSettings, SttSettings
from nemo_voice_stt.transcription.languages import Understanding, codes_of
from nemo_voice_stt.transcription.port import Clip, Recogniser, Recognition
from nemo_voice_stt.transcription.streaming_port import MAX_CHUNKS, MAX_STREAMS
from nemo_voice_stt.transcription.transcription import Pacing, Transcription

AUDIO_BUCKETS = (1.5, 3.0, 5.0, 8.0, 12.0, 20.0)
"""Seconds: pieces of one batch have similar lengths, because the encoder pays for the longest."""

FetchRecogniser = Callable[[SttSettings, Callable[[Progress], None]], Callable[[], Recogniser]]
"""Fetches the model's files, reporting progress, and returns what loads them."""
LoadDetector = Callable[[Runtime], Awaitable[SpeechDetector]]
"""Loads what finds speech in live sessions."""


class TranscriptionService(Service[Recogniser, Transcription]):
    """One speech-to-text service, with or without HTTP in front of it."""

    def __init__(
        self,
        settings: SttSettings,
        fetch_recogniser: FetchRecogniser,
        load_detector: LoadDetector | None = None,
    ) -> None:
        super().__init__(settings, name="stt")
        self._settings = settings
        self._fetch_recogniser = fetch_recogniser
        self._load_detector = load_detector or silero_detector
        self._tested: tuple[TranscribedClip, Transcription] | None = None
        self._live: LiveSpeech | None = None
        self.live_metrics = LiveMetrics(self.runtime.metrics.registry)

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
        recognitions = runtime.batcher(
            "recognition",
            backend.recognise,
            limits,
            gathers=True,
            memory_advice="If it goes on, lower NEMO_VOICE_PIECE_S.",
        )
        transcription = partial(
            Transcription,
            recognitions,
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
        made = transcription(admission=admission, pacing=pacing)
        self._live = await self._live_speech(backend, made, recognitions)
        return made

    async def _live_speech(
        self,
        backend: Recogniser,
        transcription: Transcription,
        recognitions: Batcher[Clip, Recognition],
    ) -> LiveSpeech:
        settings = self._settings.realtime
        engine = self._engine(backend, transcription, recognitions)
        return LiveSpeech(
            engine,
            await self._load_detector(self.runtime),
            capacity=Capacity(
                settings.max_sessions,
                settings.slow_final_s,
                self.live_metrics,
                behind_s=engine.behind_s,
            ),
            limits=SessionLimits(
                early_final_s=settings.early_final_s, max_utterance_s=settings.max_utterance_s
            ),
            metrics=self.live_metrics,
        )

    def _engine(
        self,
        backend: Recogniser,
        transcription: Transcription,
        recognitions: Batcher[Clip, Recognition],
    ) -> LiveEngine:
        """Returns what makes text of live audio: part by part where the model can do that."""
        streaming = backend.streaming
        if streaming is None:
            return OfflineEngine(
                transcription,
                recognitions,
                sample_rate_hz=backend.description.sample_rate_hz,
                pacer=PartialPacer(
                    partial_pacing(self._settings.realtime), lambda: recognitions.in_work
                ),
                observer=self.live_metrics,
            )
        limits = Limits(
            max_items=MAX_STREAMS, max_padded=MAX_CHUNKS, bucket_edges=tuple(streaming.sizes)
        )
        steps = self.runtime.batcher("live step", streaming.step, limits)
        return StreamingEngine(
            streaming,
            steps,
            recognitions,
            observer=self.live_metrics,
            timeout_s=self._settings.request_timeout_s,
        )

    def live(self) -> LiveSpeech:
        """Returns what opens live sessions.

        Raises:
            NotReady: While no model is ready, or no new session is taken.
        """
        self.use_case()
        if self._live is None or self.runtime.lifecycle.is_draining:
            raise NotReady("The service is stopping. Connect to another replica.", retry_after_s=1)
        return self._live

    def languages(self) -> tuple[str, ...]:
        """Returns the ISO 639-1 codes of what the model understands, as far as that is known."""
        settings = self._settings
        of_the_model = () if settings.names_languages else self.runtime.model.languages
        known = of_the_model or settings.language_codes
        return tuple(codes_of(known))

    def understanding(self) -> Understanding:
        """Returns what the model understands.

        Raises:
            NotReady: While no model is ready.
        """
        return Understanding(self.languages(), self.use_case().abilities)

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
    read_ahead(stored.directory)
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
        lookahead_ms=settings.realtime.lookahead_ms,
        speech=clips.speech,
    )
    loading = partial(load, stored.directory, settings.model, stored.revision, options)
    return torch_setup.with_device_settings(settings, loading)


def partial_pacing(settings: RealtimeSettings) -> PartialPacing:
    """Returns how often open utterances are decoded."""
    return PartialPacing(interval_s=settings.partial_interval_s, max_share=settings.partial_share)


async def silero_detector(runtime: Runtime) -> SpeechDetector:
    """Returns the detector of speech, loaded in a thread of its own."""
    thread = runtime.second_thread()
    model = await thread.run(SileroModel)
    limits = Limits(max_items=MAX_SESSIONS)
    return SileroDetector(
        runtime.batcher("speech detection", model.probabilities, limits, thread=thread)
    )


def build(
    settings: SttSettings,
    fetch_recogniser: FetchRecogniser,
    load_detector: LoadDetector | None = None,
) -> FastAPI:
    """Returns the application; its state has the service behind it and the server beside it."""
    service = TranscriptionService(settings, fetch_recogniser, load_detector)
    responses = TranscriptResponses(service)
    realtime = RealtimeService(
        service.runtime,
        settings.realtime,
        service.live,
        service.understanding,
        service.live_metrics.session_ended,
    )
    app = build_app(
        service,
        title="nemo-voice speech to text",
        description="Text from speech with NVIDIA NeMo.",
        version=__version__,
        page_files=Path(__file__).parent / "http" / "page",
        routers=[
            native_router(responses),
            openai_router(responses, languages=service.languages),
            translations_router(responses, languages=service.languages),
            realtime_router(realtime),
            realtime_sessions_router(realtime),
        ],
    )
    recognition = recognition_service(service, realtime, languages=service.languages)
    app.state.side_server = grpc_server(service.runtime, [recognition])
    return app
