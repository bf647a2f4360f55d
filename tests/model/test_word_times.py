"""The times of words, as the voice's own durations have them."""

import pytest

from nemo_voice_tts.backends.fastpitch_hifigan.backend import NemoVoice
from nemo_voice_tts.synthesis.port import NO_WORD, Phrase
from nemo_voice_tts.synthesis.word_times import spoken_phrase
from nemo_voice_tts.text.reading import read

TEXTS = {
    "Hello there.": 2,
    "The HTTP server answers, and then it sleeps for a long while.": 12,
    "A zorblax grumbled - twice; didn't it?": 6,
}


@pytest.mark.parametrize(("text", "count"), TEXTS.items())
def test_tokens_are_as_long_as_the_sound_and_say_every_word_in_order(
    voice: NemoVoice, text: str, count: int
) -> None:
    tokens = voice.tokens(text)
    words = voice.token_words(text)
    assert len(words) == len(tokens)
    said = [word for word in words if word != NO_WORD]
    assert said == sorted(said)
    spoken = {word for word in said if text.split()[word] != "-"}
    assert len(spoken) == count

    for pace in (1.0, 1.7):
        [made] = voice.spectrograms([Phrase(tokens, pace)])
        rate_hz, hop = voice.description.sample_rate_hz, voice._fastpitch.hop_samples
        assert len(made.token_s) == len(tokens)
        assert sum(made.token_s) == pytest.approx(made.frame_count * hop / rate_hz)


def test_a_batch_and_parts_have_the_same_durations(voice: NemoVoice) -> None:
    phrases = [Phrase(voice.tokens(text)) for text in TEXTS]
    together = voice.spectrograms(phrases)
    alone = [voice.spectrograms([phrase])[0] for phrase in phrases]
    assert [one.token_s for one in together] == [one.token_s for one in alone]

    long = Phrase(voice.tokens(" ".join([*TEXTS, *TEXTS])))
    [whole] = voice._fastpitch.spectrograms([long], most_tokens=60, most_batch_tokens=4096)
    assert len(whole.token_s) == len(long.tokens)
    hop_s = voice._fastpitch.hop_samples / voice.description.sample_rate_hz
    assert sum(whole.token_s) == pytest.approx(whole.frame_count * hop_s)


def test_an_amount_has_the_time_of_its_words(voice: NemoVoice) -> None:
    source = "They paid $5 for it."
    [phrase] = read(source)
    normalised = "They paid five dollars for it."
    [made] = voice.spectrograms([Phrase(voice.tokens(normalised))])
    spoken = spoken_phrase(
        phrase,
        normalised=normalised,
        spelled=normalised,
        token_words=voice.token_words(normalised),
        token_s=made.token_s,
    )
    written = [source[start:end] for start, end in (word.span for word in spoken.written)]
    assert written == ["They", "paid", "$5", "for", "it."]
    amount = spoken.written[2]
    assert amount.text == "five dollars"
    said = {word.text: word for word in spoken.said}
    assert (amount.start_s, amount.end_s) == (said["five"].start_s, said["dollars"].end_s)
    ends = [word.end_s for word in spoken.written]
    assert ends == sorted(ends)
    assert 0 < ends[0] < ends[-1] <= spoken.duration_s
