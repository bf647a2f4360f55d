"""Text in pieces is read as the whole text is, wherever it was cut."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_tts.errors import InvalidMarkup, UnspeakableText
from nemo_voice_tts.live_text.cutting import CutPhrase, Need, TextCutter
from nemo_voice_tts.text.reading import DEFAULT_OPTIONS, Limits, ReadPhrase, read

TEXTS = (
    "Dr. Smith paid $3.5 million on Jan. 5, 2020, and then, after a while, he left. So did I!",
    "It is 3.5 degrees. That is e.g. cold; see https://example.com/a.b?c=d, or ask Mr. Brown.",
    "At 5 p.m. The train leaves at 10:30, which is late. U.S. exports rose 12%. He went.",
    """# A title

First, a **bold claim. Still bold** here. Then `code. With a dot` and more.

- one item
- another, which is longer
- 5 apples

The end is near, they say.""",
    """Look at [the page. It is good](https://example.com/x.y) today. Or not.

```python
print('a. b')
x = 1
```

That was it.""",
    """1. Wash it, please.
2. Dry it.

Then 3 of them, i.e. all. "Done!" she said. It cost $5.""",
    """| Name | Age |
|---|---|
| Ann | 5 |
| Bob | 7 |

And that was the table.""",
    "Wait... what? No way!! The U.K. is in Europe, isn't it? He has a Ph.D. in it.",
    "A long sentence goes on without a comma for quite a while because nobody stops it. End.",
)


async def _read(text: str, limits: Limits) -> list[ReadPhrase]:
    return read(text, DEFAULT_OPTIONS, limits)


def cutter() -> TextCutter:
    """Returns one with the service's limits."""
    return TextCutter(_read, phrase_chars=300, first_phrase_chars=80)


def words(phrases: list[ReadPhrase]) -> str:
    """Returns what is said."""
    return " ".join(phrase.text for phrase in phrases)


def whole(text: str) -> str:
    """Returns what is said of a whole text."""
    try:
        return words(read(text))
    except UnspeakableText:
        return ""


async def spoken(pieces: list[str], needs: list[Need]) -> list[CutPhrase]:
    """Returns the phrases of a text that comes in pieces, each of which is looked at."""
    made, found = cutter(), []
    for piece, need in zip(pieces, needs, strict=True):
        made.append(piece)
        found += await made.take(need)
    return found + await made.take(Need.ALL)


def cut(text: str, places: list[int]) -> list[str]:
    """Returns the text in pieces."""
    edges = [0, *sorted({place % (len(text) + 1) for place in places}), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("need", [Need.CLAUSES, Need.SENTENCES])
@pytest.mark.parametrize("step", [1, 4, 13])
async def test_steps_of_any_length_say_the_whole(text: str, need: Need, step: int) -> None:
    pieces = [text[at : at + step] for at in range(0, len(text), step)]
    found = await spoken(pieces, [need] * len(pieces))
    assert words([one.phrase for one in found]) == whole(text)


async def test_what_is_certain_is_handed_out_at_once() -> None:
    made = cutter()
    made.append("Well, to be honest with you, I have no")
    assert await made.take(Need.CLAUSES) == []
    made.append(" idea at")
    [clause] = await made.take(Need.CLAUSES)
    assert clause.source == "Well, to be honest with you,"
    made.append(" all. Is it Dr. ")
    assert [one.source for one in await made.take(Need.SENTENCES)] == ["I have no idea at all."]
    made.append("Who! ")
    assert [one.source for one in await made.take(Need.CLAUSES)] == ["Is it Dr. Who!"]


async def test_words_are_cut_at_a_blank_and_not_in_a_number() -> None:
    made = cutter()
    made.append("About 3 million people live in 12 big cit")
    assert [one.phrase.text for one in await made.take(Need.WORDS)] == [
        "About three million people live in twelve big"
    ]
    made.append("ies and 5 ")
    assert [one.phrase.text for one in await made.take(Need.WORDS)] == ["cities and"]
    assert [one.phrase.text for one in await made.take(Need.ALL)] == ["five"]


async def test_ssml_is_read_once_it_is_whole() -> None:
    made = cutter()
    made.append('<speak>One. <break time="1s"/> Two. Three. ')
    assert await made.take(Need.CLAUSES) == []
    assert await made.take(Need.WORDS) == []
    made.append("</speak> And on it ")
    found = await made.take(Need.CLAUSES)
    assert [one.phrase.text for one in found] == ["One.", "Two.", "Three."]
    assert found[0].phrase.pause_s == 1.0
    assert [one.phrase.text for one in await made.take(Need.ALL)] == ["And on it"]


async def test_a_text_that_cannot_be_read_is_forgotten() -> None:
    made = cutter()
    made.append("<speak><break></speak>")
    with pytest.raises(InvalidMarkup):
        await made.take(Need.ALL)
    made.append("你好世界")
    with pytest.raises(UnspeakableText):
        await made.take(Need.ALL)
    made.append(" - Fine. ")
    assert [one.phrase.text for one in await made.take(Need.ALL)] == ["Fine."]


@given(
    texts=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3),
    gap=st.sampled_from([" ", "\n", "\n\n"]),
    seed=st.integers(0, 10**6),
)
@settings(deadline=None, database=None, derandomize=True, max_examples=60)
async def test_random_cuts_say_the_whole(texts: list[str], gap: str, seed: int) -> None:
    text = gap.join(texts)
    chance = random.Random(seed)  # noqa: S311 a repeatable choice
    pieces = cut(text, [chance.randrange(len(text)) for _ in range(chance.randrange(1, 60))])
    needs = [chance.choice([Need.CLAUSES, Need.SENTENCES]) for _ in pieces]
    found = await spoken(pieces, needs)
    assert words([one.phrase for one in found]) == whole(text)
    starts = [one.phrase.span[0] for one in found]
    assert starts == sorted(starts)
    for one in found:
        assert text[slice(*one.phrase.span)] == one.source


@pytest.mark.parametrize("need", [Need.ALL, Need.WORDS])
async def test_a_rest_that_cannot_be_said_is_told(need: Need) -> None:
    made = cutter()
    made.append("Hello there. Is it? ")
    assert len(await made.take(Need.CLAUSES)) == 2
    made.append("你好世界你好世界你好世界你好世界。 ")
    with pytest.raises(UnspeakableText, match="Chinese"):
        await made.take(need)
    made.append("And on it goes.")
    assert [one.source for one in await made.take(Need.ALL)] == ["And on it goes."]
