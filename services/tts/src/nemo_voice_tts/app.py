"""The text-to-speech service, put together: voice, normaliser, batchers, routes."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from fastapi import FastAPI

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.scheduler import Limits
from nemo_voice_serving.http.app import build_app
from nemo_voice_serving.http.routes.models import models_router
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.nemo.threads import use_threads
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_serving.runtime.self_test import Facts, SelfTestFailed
from nemo_voice_tts import __version__
from nemo_voice_tts.backends.fastpitch_hifigan.backend import NemoVoice, VoiceOptions
from nemo_voice_tts.http.responses import Speaker
from nemo_voice_tts.http.routes.native import seed_router
from nemo_voice_tts.http.routes.nim import nim_router
from nemo_voice_tts.http.routes.openai import openai_router
from nemo_voice_tts.model_files import fetch
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.synthesis.port import Phrase, Spectrogram, Voice, Window
from nemo_voice_tts.synthesis.synthesis import Pacing, Synthesis

SELF_TEST_TEXT = "The robin sings at seven in the morning."
SELF_TEST_S = (1.0, 8.0)
"""Shortest and longest believable duration of that sentence."""
SELF_TEST_LEVEL = (0.005, 0.5)
"""Lowest and highest believable root-mean-square level of speech."""

TOKEN_BUCKETS = (24, 48, 96, 160, 240)
"""Phrases of one batch have similar lengths: attention and mel cost grow with the longest."""


class Normaliser(Protocol):
    """What turns written text into spoken words: `normalisation.Normaliser`."""

    async def start(self) -> None:
        """Makes it ready; a voice without it would drop every digit."""
        ...

    async def close(self) -> None:
        """Ends it."""
        ...

    async def normalise(self, text: str, /) -> str:
        """Returns the text in words."""
        ...


OpenVoice = Callable[[TtsSettings, Callable[[Progress], None]], Voice]
"""Fetches the models' files, reporting progress, and returns the voice, unloaded."""


class SpeechService:
    """One text-to-speech service, with or without HTTP in front of it."""

    def __init__(
        self, settings: TtsSettings, open_voice: OpenVoice, normaliser: Normaliser
    ) -> None:
        self.settings = settings
        self.runtime: Runtime[Voice] = Runtime(settings, service="tts")
        self.speaker = Speaker(self.runtime)
        self._open_voice = open_voice
        self._normaliser = normaliser

    async def start(self) -> None:
        """Begins the way to ready."""
        self.runtime.start(
            open_backend=lambda: self._open_voice(self.settings, self.runtime.fetch_progressed),
            assemble=self._assemble,
            probe=self._probe,
            rehearse=self._speak_warmup_texts,
        )

    async def stop(self) -> None:
        """Ends what `start` began."""
        await self.runtime.close()
        await self._normaliser.close()

    async def _assemble(self, voice: Voice) -> Sequence[Batcher[Any, Any]]:
        await self._normaliser.start()
        runtime, settings = self.runtime, self.settings
        batching = settings.batching
        limits = Limits(
            max_items=batching.max_items,
            max_wait_s=batching.max_wait_ms / 1000,
            bucket_edges=TOKEN_BUCKETS,
        )
        spectrograms = Batcher[Phrase, Spectrogram](
            "spectrogram",
            voice.spectrograms,
            limits=limits,
            device=runtime.device,
            observer=runtime.metrics,
            on_device_lost=runtime.device_lost,
            inside=runtime.metrics.inside,
        )
        vocoder = Batcher[Window, Samples](
            "vocoder",
            voice.waveforms,
            limits=Limits(max_items=voice.vocoder_items),
            device=runtime.device,
            observer=runtime.metrics,
            on_device_lost=runtime.device_lost,
        )
        admission = Admission(
            settings.max_queue_chars,
            unit="characters",
            assumed_rate=200.0,
            observer=runtime.metrics,
        )
        self.speaker.synthesis = Synthesis(
            voice,
            normalise=self._normaliser.normalise,
            spectrograms=spectrograms,
            vocoder=vocoder,
            admission=admission,
            pacing=Pacing(
                phrase_chars=settings.phrase_chars,
                first_phrase_chars=settings.first_phrase_chars,
                phrases_ahead=settings.phrases_ahead,
                timeout_s=settings.request_timeout_s,
            ),
        )
        return [spectrograms, vocoder]

    async def _speak_warmup_texts(self, explain: Callable[[str], None]) -> None:
        texts = self.settings.warmup_texts
        for place, text in enumerate(texts, 1):
            explain(f"text {place} of {len(texts)}")
            sound, _ = await self._spoken(text)
            try:
                check_speech(sound)
            except SelfTestFailed as error:
                raise SelfTestFailed(f"warm-up text {place}: {error}") from None

    async def _probe(self) -> Facts:
        return check_self_test(*await self._spoken(SELF_TEST_TEXT))

    async def _spoken(self, text: str) -> tuple[Samples, int]:
        synthesis = self.speaker.synthesis
        assert synthesis is not None  # noqa: S101 both callers run after assembly
        speech = await synthesis.begin(text)
        sound = np.concatenate([piece async for piece in speech.pieces()])
        return sound, synthesis.sample_rate_hz


def check_self_test(sound: Samples, rate_hz: int) -> Facts:
    """Returns the measures of the self-test's sound.

    Raises:
        SelfTestFailed: When it is not finite, or its length or level is not that of speech.
    """
    level = check_speech(sound)
    duration_s = len(sound) / rate_hz
    if not SELF_TEST_S[0] <= duration_s <= SELF_TEST_S[1]:
        raise SelfTestFailed(
            f"the sentence took {duration_s:.2f} s, not {SELF_TEST_S[0]}-{SELF_TEST_S[1]} s"
        )
    return {"duration_s": round(duration_s, 3), "rms": round(level, 4)}


def check_speech(sound: Samples) -> float:
    """Returns the sound's root-mean-square level.

    Raises:
        SelfTestFailed: When the sound is not finite, or its level is not that of speech.
    """
    if not np.isfinite(sound).all():
        raise SelfTestFailed("the sound has samples that are not numbers")
    level = float(np.sqrt(np.mean(np.square(sound))))
    if not SELF_TEST_LEVEL[0] <= level <= SELF_TEST_LEVEL[1]:
        raise SelfTestFailed(f"the sound has a level of {level:.4f}, which is not speech")
    return level


def open_voice(settings: TtsSettings, progress: Callable[[Progress], None]) -> Voice:
    """Fetches the models' files and returns NeMo's voice, unloaded."""
    files = fetch(settings, progress)
    use_threads(settings.threads)
    options = VoiceOptions(
        device=settings.device,
        precision=settings.precision,
        max_batch_items=settings.batching.max_items,
    )
    return NemoVoice(
        files.model.directory,
        files.vocoder.directory,
        source=settings.model,
        revision=files.model.revision,
        options=options,
    )


def build(settings: TtsSettings, open_voice: OpenVoice, normaliser: Normaliser) -> FastAPI:
    """Returns the application; `app.state.service` is the service behind it."""
    service = SpeechService(settings, open_voice, normaliser)
    app = build_app(
        service.runtime,
        title="nemo-voice text to speech",
        description="Speech from text with NVIDIA NeMo FastPitch and HiFi-GAN.",
        version=__version__,
        routers=[
            seed_router(service.speaker, max_text_chars=settings.max_long_text_chars),
            openai_router(service.speaker, max_text_chars=settings.max_text_chars),
            nim_router(
                service.speaker,
                max_text_chars=settings.max_long_text_chars,
                max_body_bytes=settings.max_upload_bytes,
            ),
            models_router(service.runtime),
        ],
        on_start=service.start,
        on_stop=service.stop,
    )
    app.state.service = service
    return app
