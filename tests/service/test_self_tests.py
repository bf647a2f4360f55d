"""What the services' self-tests say and hear, and that no request keeps them from the model."""

import asyncio
import io
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import override

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_serving.errors import Overloaded
from nemo_voice_serving.runtime.service import StartFailed
from nemo_voice_stt.app import TranscriptionService
from nemo_voice_stt.self_test import SENTENCE, SENTENCES
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.port import Abilities, Clip, Recognition
from nemo_voice_stt.transcription.transcription import TranscriptionInput
from nemo_voice_tts.app import SpeechService
from nemo_voice_tts.self_test import SENTENCES as SPOKEN
from nemo_voice_tts.settings import TtsSettings
from support.audio.sounds import swell
from support.http.transcribing import clip
from support.models.fakes import FakeNormaliser, FakeRecogniser, FakeVoice


def recogniser_service(recogniser: FakeRecogniser, **settings: object) -> TranscriptionService:
    """A service around a recogniser that is there at once."""
    given = SttSettings.model_validate(settings)
    return TranscriptionService(given, lambda _settings, _progress: lambda: recogniser)


def voice_service(voice: FakeVoice, **settings: object) -> SpeechService:
    """A service around a voice that is there at once."""
    given = TtsSettings.model_validate(settings)
    return SpeechService(given, lambda _settings, _progress: lambda: voice, FakeNormaliser())


def given(seconds: float) -> TranscriptionInput:
    """A recording as long as that."""
    return TranscriptionInput(io.BytesIO(clip(seconds)))


async def self_test_of(service: TranscriptionService) -> dict[str, object]:
    """What readiness says of the first self-test."""
    async with service.running():
        return service.runtime.lifecycle.readiness().self_test or {}


@pytest.mark.parametrize(
    ("languages", "heard"),
    [
        (("en",), "Good morning! How are you today?"),
        ((), SENTENCE),
        (("es-ES",), "Buenos días, ¿cómo está usted hoy?"),
        (("de", "fr"), SENTENCES["de"]),
        (("uk",), "що завгодно"),
    ],
)
async def test_a_recogniser_hears_its_language(languages: tuple[str, ...], heard: str) -> None:
    facts = await self_test_of(recogniser_service(FakeRecogniser(heard, languages)))
    assert (facts["passed"], facts["heard"]) == (True, heard)


async def test_a_recogniser_of_another_language_never_becomes_ready_by_foreign_words() -> None:
    with pytest.raises(StartFailed, match="instead of 'guten morgen"):
        await self_test_of(recogniser_service(FakeRecogniser(SENTENCE, ("de",))))


async def test_the_languages_of_the_settings_choose_the_clip() -> None:
    recogniser = FakeRecogniser(SENTENCES["it"], ("en", "it"))
    assert (await self_test_of(recogniser_service(recogniser, languages="it")))["passed"]


async def test_a_recogniser_that_is_told_the_language_is_told_it() -> None:
    told = Abilities(told_languages=("en-US", "es-US"))
    recogniser = FakeRecogniser(SENTENCES["es"], ("es",), told)
    await self_test_of(recogniser_service(recogniser))
    assert recogniser.told == [("es-US", None)]


async def test_the_settings_give_a_clip_and_its_text(tmp_path: Path) -> None:
    path = tmp_path / "clip.flac"
    path.write_bytes(encode_whole(AudioFormat.FLAC, swell(2.5), 16_000))
    for text, heard, is_ready in [
        ("dos palabras", "Dos palabras.", True),
        (None, "whatever it is", True),
        ("dos palabras", "whatever it is", False),
        (None, "", False),
    ]:
        recogniser = FakeRecogniser(heard, ("en",))
        settings = {"clip": path, "text": text, "retry_s": 0.1}
        service = recogniser_service(recogniser, self_test=settings)
        if is_ready:
            assert (await self_test_of(service))["heard"] == heard
        else:
            with pytest.raises(StartFailed, match="heard"):
                await self_test_of(service)
        assert {len(batch) for batch in recogniser.batches} == {1}
        assert recogniser.batches[0] == [round(2.5 * 16_000)]


async def test_a_clip_that_is_not_there_fails_the_start_before_the_download() -> None:
    def fetch(_settings: object, _progress: object) -> object:
        raise AssertionError("downloaded")

    settings = SttSettings.model_validate({"self_test": {"clip": "/nowhere/clip.wav"}})
    service = TranscriptionService(settings, fetch)  # type: ignore[arg-type] # never returns
    with pytest.raises(StartFailed, match=r"/nowhere/clip\.wav: No such file"):
        async with service.running():
            pass


@pytest.mark.parametrize(
    ("languages", "text", "said"),
    [
        (("es",), None, SPOKEN["es"]),
        (("de",), None, SPOKEN["de"]),
        (("de",), "Guten Tag.", "Guten Tag."),
    ],
)
async def test_a_voice_says_what_the_settings_or_its_language_give(
    languages: tuple[str, ...], text: str | None, said: str
) -> None:
    voice = FakeVoice()
    voice.description = replace(voice.description, languages=languages)
    async with voice_service(voice, self_test={"text": text}).running():
        spoken = ["".join(map(chr, phrase.tokens)) for phrase in voice.phrases]
    assert spoken == [said]


class GatedRecogniser(FakeRecogniser):
    """A recogniser that stops in each batch until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()

    @override
    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        self.begun.release()
        assert self.gate.wait(30)
        return super().recognise(batch)


async def test_no_request_keeps_the_self_test_from_the_model() -> None:
    recogniser = GatedRecogniser()
    service = recogniser_service(recogniser, max_queue_audio_s=20, piece_s=5, max_batch_audio_s=5)
    async with service.running() as transcription:
        recogniser.gate.clear()
        while recogniser.begun.acquire(blocking=False):
            pass  # of the first self-test
        long = asyncio.create_task(transcription.transcribe(given(20)))
        await asyncio.to_thread(recogniser.begun.acquire)
        with pytest.raises(Overloaded):
            await transcription.transcribe(given(1))
        recogniser.batches.clear()
        test = asyncio.create_task(service.probe(transcription))
        await asyncio.sleep(0.3)  # until it is in the queue, behind the other pieces
        recogniser.gate.set()
        assert (await test)["heard"] == SENTENCE
        await long
    # The piece that was in work, then the self-test's three seconds, then the other pieces.
    assert [length / 16_000 for length in recogniser.batches[1]] == [pytest.approx(3, abs=0.01)]
    assert len(recogniser.batches) >= 5


async def test_a_reader_that_holds_all_room_does_not_keep_the_self_test_from_a_voice() -> None:
    service = voice_service(FakeVoice(), max_queue_chars=100, phrase_chars=40)
    async with service.running() as synthesis:
        slow = synthesis.speak("One sentence is here, and another one. " * 20)
        await anext(slow)
        with pytest.raises(Overloaded):
            await anext(synthesis.speak("Good morning to you all."))
        assert (await service.probe(synthesis))["duration_s"]
        await slow.aclose()
