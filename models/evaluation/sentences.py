"""The test texts of the demo models: one fixed set, which training must not contain.

Pure and free of NeMo. The measures read the sets one by one; training excludes `all_test_texts()`.
"""

import re
from dataclasses import dataclass
from functools import cache

from evaluation import handwritten
from evaluation.rare import RARE_WORDS
from evaluation.templates import RARE_TEMPLATES, generated
from evaluation.written import WRITTEN_FORMS, WrittenForm

_RECOGNITION_SEED = 20_417
_ROUND_TRIP_SEED = 90_133
_RECOGNITION_GENERATED = 480
_ROUND_TRIP_GENERATED = 180


@dataclass(frozen=True)
class RareWord:
    """A word outside the dictionary inside a sentence of ordinary words."""

    word: str
    """As written, perhaps with a capital."""
    sentence: str
    """The text to speak."""


def normalised(text: str) -> str:
    """Returns the words of a text in lower case, a-z and inner apostrophes only, single spaces."""
    words = re.sub(r"[^a-z']+", " ", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return " ".join(filter(None, (word.strip("'") for word in words.split())))


@cache
def recognition_sentences() -> tuple[str, ...]:
    """Returns the texts that espeak speaks to the recogniser, normalised, at least 500."""
    texts = (*handwritten.RECOGNITION, *generated(_RECOGNITION_SEED, _RECOGNITION_GENERATED))
    return tuple(dict.fromkeys(normalised(text) for text in texts))


@cache
def round_trip_sentences() -> tuple[str, ...]:
    """Returns the texts that the voice speaks to the recogniser, with capitals and punctuation."""
    seen = set(recognition_sentences())
    candidates = (*handwritten.ROUND_TRIP, *generated(_ROUND_TRIP_SEED, _ROUND_TRIP_GENERATED))
    return tuple(text for text in candidates if normalised(text) not in seen)


def written_forms() -> tuple[WrittenForm, ...]:
    """Returns texts with digits, money, dates, times and abbreviations, and how they are read."""
    return WRITTEN_FORMS


@cache
def unknown_words() -> tuple[RareWord, ...]:
    """Returns words that the dictionary lacks, each in one sentence."""
    return tuple(
        RareWord(word, RARE_TEMPLATES[index % len(RARE_TEMPLATES)].format(word=word))
        for index, word in enumerate(RARE_WORDS)
    )


def all_test_texts() -> frozenset[str]:
    """Returns every text of every set, normalised: no training text may be one of them."""
    spoken = (reading for form in WRITTEN_FORMS for reading in form.spoken)
    written = (form.text for form in WRITTEN_FORMS)
    rare = (rare.sentence for rare in unknown_words())
    everything = (*recognition_sentences(), *round_trip_sentences(), *spoken, *written, *rare)
    return frozenset(normalised(text) for text in everything)


def held_out_words() -> frozenset[str]:
    """Returns the words outside the dictionary, lower case: no training text may use one."""
    return frozenset(word.lower() for word in RARE_WORDS)
