"""The words by which the steps of a language decide: lines of its `word_sets.txt`."""

import re
from functools import cache
from importlib.resources import files
from types import MappingProxyType


class WordSets:
    """The sets of one language, by their names."""

    def __init__(self, package: str) -> None:
        """Takes the package whose file it is; `_` stands for a blank inside a word."""
        self._package = package

    def __getitem__(self, name: str) -> frozenset[str]:
        """Returns the words of one line."""
        return _sets(self._package)[name]

    def alternation(self, name: str) -> str:
        """Returns the words of one line as a regular expression, longest first."""
        return alternation(self[name])


def alternation(words: frozenset[str]) -> str:
    """Returns words as a regular expression, longest first."""
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))


@cache
def _sets(package: str) -> MappingProxyType[str, frozenset[str]]:
    listed = files(package).joinpath("word_sets.txt").read_text(encoding="utf-8")
    pairs = (line.split(":", 1) for line in listed.splitlines())
    return MappingProxyType(
        {name: frozenset(word.replace("_", " ") for word in words.split()) for name, words in pairs}
    )
