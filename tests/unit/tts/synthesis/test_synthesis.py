"""A text on its way to sound: in order, ahead but not too far, given up when left."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import anyio
import numpy as np
import pytest
from typing_extensions import override

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.errors import BackendFailed
from nemo_voice_tts.errors import UnknownPhoneme, UnspeakableText
from nemo_voice_tts.synthesis.pipeline import PhraseSound, Pipeline, WindowSound
from nemo_voice_tts.synthesis.port import Window
from nemo_voice_tts.text.insets import NONE, Pronunciations
from nemo_voice_tts.text.reading import ReadingOptions, ReadPhrase, read
from nemo_voice_tts.text.structure.blocks import TextFormat
from support.models.fakes import RATE_HZ, FakeVoice
from support.models.use_cases import synthesis_of
from support.models.without_http import printed_without_http


async def test_pieces_of_all_phrases_come_in_order_and_free_their_room() -> None:
    async with synthesis_of(FakeVoice()) as synthesis:
        text = "One. Two is longer. Three is the end."
        pieces = [piece async for piece in synthesis.speak(text)]
        assert len(pieces) == 6
        assert np.concatenate(pieces).dtype == np.float32
        assert synthesis._admission.work == 0


async def test_no_later_phrase_is_computed_before_the_first_sound() -> None:
    class Watched(FakeVoice):
        phrases_at_first_sound: int | None = None

        @override
        def waveforms(self, batch: Sequence[Window], /) -> Sequence[Samples]:
            if self.phrases_at_first_sound is None:
                self.phrases_at_first_sound = len(self.phrases)
            return super().waveforms(batch)

    voice = Watched()
    async with synthesis_of(voice, ahead=3) as synthesis:
        text = "One is first. Two is longer. Three is the end."
        pieces = [piece async for piece in synthesis.speak(text)]
    assert voice.phrases_at_first_sound == 1
    assert len(pieces) == 6


async def test_work_runs_only_so_far_ahead_of_its_consumer() -> None:
    voice = FakeVoice()
    async with synthesis_of(voice, ahead=2) as synthesis:
        speech = synthesis.speak(" ".join(f"Sentence number {number}." for number in range(40)))
        await anext(speech)
        assert len(voice.phrases) <= 4
        await speech.aclose()
        await speech.aclose()
        assert synthesis._admission.work == 0


async def test_a_client_that_leaves_cancels_the_sounds_of_later_phrases_too() -> None:
    made: list[list[WindowSound]] = []

    async def phrase_sound(_phrase: ReadPhrase, _urgency: int) -> PhraseSound:
        made.append([asyncio.get_running_loop().create_future()])
        return PhraseSound(made[-1])

    async def consume() -> None:
        pipeline = Pipeline(
            [ReadPhrase("One.", (0, 4)), ReadPhrase("Two.", (5, 9))], phrase_sound, ahead=1
        )
        try:
            await pipeline.next_piece()
        finally:
            await pipeline.aclose()

    # As in a streamed response: the scope of a client that left cancels each further await.
    async with anyio.create_task_group() as group:
        group.start_soon(consume)
        while len(made) < 2:
            await asyncio.sleep(0)
        group.cancel_scope.cancel()
    await asyncio.sleep(0)
    assert all(sound.cancelled() for sounds in made for sound in sounds)


async def test_an_error_of_the_model_is_raised_and_frees_the_room() -> None:
    async with synthesis_of(FakeVoice(error=RuntimeError("boom"))) as synthesis:
        with pytest.raises(BackendFailed):
            await anext(synthesis.speak("Hello there."))
        assert synthesis._admission.work == 0


async def test_a_phrase_without_sound_is_skipped_and_a_text_without_sound_refused() -> None:
    class Mute(FakeVoice):
        @override
        def tokens(self, text: str, pronunciations: Pronunciations = NONE, /) -> tuple[int, ...]:
            if "hush" in text.lower():
                raise UnspeakableText("nothing to say")
            return super().tokens(text, pronunciations)

    async with synthesis_of(Mute()) as synthesis:
        assert [piece async for piece in synthesis.speak("Hush hush hush. Now speak to me.")]
        with pytest.raises(UnspeakableText) as refused:
            await anext(synthesis.speak("Hush."))
        assert refused.value.param is None
        assert synthesis._admission.work == 0


def test_text_is_spoken_without_http() -> None:
    """Drives the use case as a gRPC servicer or a WebSocket session would."""
    printed = printed_without_http(
        """
import asyncio
from support.models.fakes import RATE_HZ, FakeVoice
from support.models.use_cases import synthesis_of

async def session():
    async with synthesis_of(FakeVoice()) as synthesis:
        for text in ("Hello there. How are you?", "Good bye."):
            print([len(piece) async for piece in synthesis.speak(text, pace=2.0)])

asyncio.run(session())
"""
    )
    assert [len(line.split(",")) for line in printed.splitlines()] == [4, 2]


SSML = ReadingOptions(TextFormat.SSML)


async def test_pauses_are_silence_of_their_length_after_a_phrase_and_before_the_first() -> None:
    text = "<speak><break time='1500ms'/>One two.<break time='0.25s'/>Three four.</speak>"
    async with synthesis_of(FakeVoice()) as synthesis:
        pieces = [piece async for piece in synthesis.speak(text, options=SSML)]
    silent = [len(piece) for piece in pieces if not piece.any()]
    assert silent == [RATE_HZ, RATE_HZ // 2, round(RATE_HZ / 4)]
    assert [bool(piece.any()) for piece in pieces] == [
        False, False, True, True, False, True, True,
    ]  # fmt: skip


async def test_the_sound_after_a_pause_is_made_while_the_pause_is_heard() -> None:
    voice = FakeVoice()
    text = "<speak>One two.<break time='10s'/>Three four.</speak>"
    async with synthesis_of(voice) as synthesis:
        speech = synthesis.speak(text, options=SSML)
        for _ in range(3):  # the first phrase, and the first of ten seconds
            await anext(speech)
        await asyncio.sleep(0.05)
        assert len(voice.phrases) == 2
        await speech.aclose()
        assert synthesis._admission.work == 0


async def test_paces_of_the_text_and_of_the_request_are_multiplied_within_bounds() -> None:
    voice = FakeVoice()
    rates = ("50%", "200%", "400%", "1%")
    prosody = "".join(f"<prosody rate='{rate}'>One two.</prosody>" for rate in rates)
    async with synthesis_of(voice) as synthesis:
        text = f"<speak>One.{prosody}</speak>"
        assert [piece async for piece in synthesis.speak(text, pace=1.5, options=SSML)]
    assert [phrase.pace for phrase in voice.phrases] == [1.5, 0.75, 3.0, 4.0, 0.25]


async def test_a_pronunciation_that_the_voice_has_not_is_refused_before_any_work() -> None:
    text = f"<speak>{'Words first. ' * 40}<phoneme ph='bɔ̃ˈʒuʁ'>bonjour</phoneme></speak>"
    async with synthesis_of(FakeVoice()) as synthesis:
        with pytest.raises(UnknownPhoneme, match="'ɔ̃'"):
            await anext(synthesis.speak(text, options=SSML))
        assert synthesis._admission.work == 0


@pytest.mark.parametrize(("length", "in_thread"), [(10, False), (3000, True)])
async def test_a_long_text_is_read_beside_the_loop(
    monkeypatch: pytest.MonkeyPatch, length: int, *, in_thread: bool
) -> None:
    threads = []

    def watched(*arguments: Any) -> list[ReadPhrase]:
        threads.append(threading.current_thread())
        return read(*arguments)

    monkeypatch.setattr("nemo_voice_tts.synthesis.synthesis.read", watched)
    async with synthesis_of(FakeVoice()) as synthesis:
        speech = synthesis.speak("A word. " * (length // 8 + 1))
        await anext(speech)
        await speech.aclose()
    assert [thread is not threading.main_thread() for thread in threads] == [in_thread]
