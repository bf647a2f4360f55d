"""Placeholders of pronunciations."""

from nemo_voice_tts.text.cleaning import cleaned, is_said
from nemo_voice_tts.text.insets import PLACEHOLDER, Insets
from nemo_voice_tts.text.phonemes import Pronunciation
from nemo_voice_tts.text.reading import read
from nemo_voice_tts.text.traced import Traced

HELLO, WORLD = Pronunciation("həˈloʊ"), Pronunciation("wɜːld")


def test_each_pronunciation_has_one_placeholder() -> None:
    insets = Insets()
    hello, world, again = insets.add(HELLO), insets.add(WORLD), insets.add(HELLO)
    assert hello == again != world
    assert insets.pronunciations == {hello: HELLO, world: WORLD}
    assert all(PLACEHOLDER.fullmatch(mark) for mark in (hello, world))


def test_a_placeholder_is_said_and_no_step_changes_it() -> None:
    mark = Insets().add(HELLO)
    assert is_said(mark)
    assert cleaned(Traced.of(f" {mark} \u2014 {mark}!")).text == f"{mark}, {mark}!"


def test_placeholders_that_a_client_sends_are_dropped() -> None:
    mark = Insets().add(HELLO)
    assert [phrase.text for phrase in read(f"Hello {mark} there.")] == ["Hello there."]
