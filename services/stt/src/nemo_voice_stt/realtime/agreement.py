"""The part of changing transcripts that may be shown: whole words that two passes agree on."""

from collections.abc import Sequence


class Agreement:
    """Compares each pass over a growing utterance with the one before; never takes a word back."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._before: list[str] = []

    @property
    def text(self) -> str:
        """What was shown so far."""
        return " ".join(self._shown)

    def follow(self, text: str) -> str:
        """Returns what a new pass lets be shown, with the space before it; often nothing."""
        words = text.split()
        agreed = _common(words, self._before)
        self._before = words
        return self._show(words[len(self._shown) : agreed])

    def settle(self, text: str) -> str:
        """Returns what remains to be shown of a text that no later pass will change."""
        words = text.split()
        self._before = []
        return self._show(words[len(self._shown) :])

    def _show(self, words: Sequence[str]) -> str:
        if not words:
            return ""
        space = " " if self._shown else ""
        self._shown += words
        return space + " ".join(words)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Returns how many first words are equal."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))
