"""The text-to-speech service, put together: voice, normaliser, batchers, routes."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI
from typing_extensions import override

from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.scheduler import AT_ONCE, Limits
from nemo_voice_serving.grpc.server import grpc_server
from nemo_voice_serving.http.app import build_app
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.read_ahead import read_ahead
from nemo_voice_serving.nemo import torch_setup
from nemo_voice_serving.runtime.self_test import Facts, SelfTestFailed
from nemo_voice_serving.runtime.service import Service
from nemo_voice_tts import __version__
from nemo_voice_tts.backends.fastpitch_hifigan.backend import VoiceOptions, load_voice
from nemo_voice_tts.grpc.riva import synthesis_service
from nemo_voice_tts.http.realtime.service import LiveTextService
from nemo_voice_tts.http.responses import SpeechResponses
from nemo_voice_tts.http.routes.native import native_router
from nemo_voice_tts.http.routes.nim import nim_router
from nemo_voice_tts.http.routes.openai import openai_router
from nemo_voice_tts.http.routes.reading import reading_router
from nemo_voice_tts.http.routes.realtime import realtime_router
from nemo_voice_tts.http.routes.stream_input import stream_input_router
from nemo_voice_tts.http.routes.voices import voices_router
from nemo_voice_tts.live_text.live_texts import LiveTexts
from nemo_voice_tts.live_text.metrics import LiveTextMetrics
from nemo_voice_tts.live_text.options import LiveTextLimits
from nemo_voice_tts.model_files import fetch
from nemo_voice_tts.self_test import check_speech, self_test, sentence_for, spoken
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.synthesis.delivery import Delivery
from nemo_voice_tts.synthesis.port import Voice
from nemo_voice_tts.synthesis.synthesis import Pacing, Synthesis
from nemo_voice_tts.synthesis.voices import Voices
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.languages import voice_language
from nemo_voice_tts.text.pronunciation_file import PronunciationFile, PronunciationMetrics
from nemo_voice_tts.text.pronunciations import PronunciationList

TOKEN_BUCKETS = (24, 48, 96, 160, 240)
"""Phrases of one batch have similar lengths: attention and mel cost grow with the longest. On a CPU
the last is the most tokens of a batch: more take half as long again for each phrase."""


_MEMORY_ADVICE = "If it goes on, lower NEMO_VOICE_PHRASE_CHARS."


class Normaliser(Protocol):
    """Turns written text into spoken words: `text.normaliser.Normaliser`."""

    async def start(self) -> None:
        """Makes it ready; a voice without it would drop every digit."""
        ...

    async def close(self) -> None:
        """Ends it."""
        ...

    async def normalise(self, text: str, /) -> str:
        """Returns the text in words."""
        ...


FetchVoice = Callable[[TtsSettings, Callable[[Progress], None]], Callable[[], Voice]]
"""Fetches the models' files, reporting progress, and returns what loads them."""


class SpeechService(Service[Voice, Synthesis]):
    """One text-to-speech service, with or without HTTP in front of it."""

    def __init__(
        self, settings: TtsSettings, fetch_voice: FetchVoice, normaliser: Normaliser
    ) -> None:
        super().__init__(settings, name="tts")
        self._settings = settings
        self._fetch_voice = fetch_voice
        self._normaliser = normaliser
        self._tested: Synthesis | None = None
        metrics = PronunciationMetrics(self.runtime.metrics.registry)
        self._pronunciations = PronunciationFile(settings.pronunciations, metrics)

    @property
    def pronunciations(self) -> PronunciationList:
        """The service's own list, as it is at present."""
        return self._pronunciations.current

    async def normalise(self, phrase: str) -> str:
        """Returns a phrase in words, without the model."""
        return await self._normaliser.normalise(phrase)

    @override
    def fetch_model(self) -> Callable[[], Voice]:
        return self._fetch_voice(self._settings, self.runtime.fetch_progressed)

    @override
    async def assemble(self, backend: Voice) -> Synthesis:
        self.runtime.watch_memory(torch_setup.device_memory)
        await asyncio.to_thread(self._pronunciations.load, backend.check)
        self._tasks.add(asyncio.create_task(self._pronunciations.follow(), name="pronunciations"))
        synthesis, self._tested = self._synthesis_of(backend)
        if synthesis.language.has_grammars:
            await self._normaliser.start()
        self.runtime.model = replace(self.runtime.model, voices=tuple(synthesis.voices.names))
        await self._speak_warmup_texts(synthesis)
        return synthesis

    @override
    async def probe(self, use_case: Synthesis) -> Facts:
        text = self._settings.self_test.text or sentence_for(self.runtime.model.languages)
        return await self_test(self._tested or use_case, text)

    @override
    async def stop(self) -> None:
        await super().stop()
        await self._normaliser.close()

    def _synthesis_of(self, voice: Voice) -> tuple[Synthesis, Synthesis]:
        """Returns the synthesis for requests, and the self-test's, which nothing keeps waiting."""
        settings, runtime = self._settings, self.runtime
        # Checkpoints of which nobody says the language are refused by `model_files.fetch`.
        spoken = voice.description.languages or (settings.language or ENGLISH.code,)
        is_on_cpu = voice.description.device == "cpu"
        most = TOKEN_BUCKETS[-1] if is_on_cpu else float("inf")
        limits = runtime.first_limits(TOKEN_BUCKETS, max_padded=most)
        synthesis = partial(
            Synthesis,
            voice,
            language=voice_language(spoken, settings.language),
            normalise=self._normaliser.normalise,
            spectrograms=runtime.batcher(
                "spectrogram",
                voice.spectrograms,
                limits,
                gathers=True,
                memory_advice=_MEMORY_ADVICE,
            ),
            vocoder=runtime.batcher(
                "vocoder",
                voice.waveforms,
                Limits(max_items=voice.vocoder_items),
                memory_advice=_MEMORY_ADVICE,
            ),
            voices=Voices(
                voice.description.source, voice.description.speakers, settings.voice_choice
            ),
            count_unread=runtime.metrics.characters_unread,
        )
        pacing = Pacing(
            phrase_chars=settings.phrase_chars,
            first_phrase_chars=settings.first_phrase_chars,
            phrases_ahead=settings.phrases_ahead,
            timeout_s=settings.request_timeout_s,
        )
        admission = runtime.admission(
            settings.max_queue_chars, unit="characters", assumed_rate=200.0
        )
        return (
            synthesis(admission=admission, pacing=pacing),
            synthesis(admission=Admission.unlimited(), pacing=replace(pacing, urgency=AT_ONCE)),
        )

    async def _speak_warmup_texts(self, synthesis: Synthesis) -> None:
        texts = self._settings.warmup_texts
        for place, text in enumerate(texts, 1):
            self.runtime.explain_warm_up(f"text {place} of {len(texts)}")
            try:
                check_speech(await spoken(synthesis, text))
            except SelfTestFailed as error:
                raise SelfTestFailed(f"warm-up text {place}: {error}") from None


def fetch_voice(settings: TtsSettings, progress: Callable[[Progress], None]) -> Callable[[], Voice]:
    """Fetches the models' files and returns what loads NeMo's voice from them."""
    torch_setup.before_import(settings)
    files = fetch(settings, progress)
    read_ahead(files.model.directory, files.vocoder.directory)
    options = VoiceOptions(
        device=settings.device,
        precision=settings.precision,
        language=files.language.code,
        max_batch_items=settings.batching.max_items,
        warm_up_text=sentence_for,
    )
    load = partial(
        load_voice,
        files.model.directory,
        files.vocoder.directory,
        source=settings.model,
        revision=files.model.revision,
        options=options,
    )
    return torch_setup.with_device_settings(settings, load)


def live_texts(service: SpeechService, settings: TtsSettings) -> LiveTexts:
    """Returns what opens sessions of text in pieces."""
    live = settings.live_text
    return LiveTexts(
        service.use_case,
        max_sessions=live.max_sessions,
        limits=LiveTextLimits(
            phrase_chars=settings.phrase_chars,
            first_phrase_chars=settings.first_phrase_chars,
            hold_s=live.hold_s,
            max_held_chars=live.max_held_chars,
        ),
        metrics=LiveTextMetrics(service.runtime.metrics.registry),
    )


def live_text_service(
    service: SpeechService, settings: TtsSettings, delivery: Delivery
) -> LiveTextService:
    """Returns what connections with text in pieces need."""
    return LiveTextService(
        service.runtime,
        settings.live_text,
        live_texts(service, settings),
        delivery,
        service.request_served,
    )


def build(settings: TtsSettings, fetch_voice: FetchVoice, normaliser: Normaliser) -> FastAPI:
    """Returns the application; its state has the service behind it and the server beside it."""
    service = SpeechService(settings, fetch_voice, normaliser)
    delivery = Delivery(
        service,
        text_format=settings.text_format,
        pronunciations=lambda: service.pronunciations,
    )
    responses = SpeechResponses(service, delivery)
    live = live_text_service(service, settings, delivery)
    app = build_app(
        service,
        title="nemo-voice text to speech",
        description="Speech from text with NVIDIA NeMo FastPitch and HiFi-GAN.",
        version=__version__,
        page_files=Path(__file__).parent / "http" / "page",
        routers=[
            native_router(responses, max_text_chars=settings.max_long_text_chars),
            reading_router(
                responses,
                service.normalise,
                max_text_chars=settings.max_long_text_chars,
                phrase_chars=settings.phrase_chars,
            ),
            openai_router(responses, max_text_chars=settings.max_text_chars),
            voices_router(responses),
            nim_router(
                responses,
                max_text_chars=settings.max_long_text_chars,
                max_body_bytes=settings.max_upload_bytes,
            ),
            realtime_router(live),
            stream_input_router(live),
        ],
    )
    riva = synthesis_service(
        service,
        delivery,
        max_text_chars=settings.max_long_text_chars,
        phrase_chars=settings.phrase_chars,
    )
    app.state.side_server = grpc_server(service.runtime, [riva])
    return app
