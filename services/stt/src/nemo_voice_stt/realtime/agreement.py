"""The part of changing transcripts that may be shown: whole words that two passes agree on."""

from collections.abc import Sequence

from nemo_voice_stt.transcription.writing import parts_of


class Agreement:
    """Compares each pass over a growing utterance with the one before; never takes a word back.

    Of scripts that are written without spaces, a character is as good as a word.
    """

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._before: list[str] = []

    @property
    def text(self) -> str:
        """What was shown so far."""
        return "".join(self._shown)

    def follow(self, text: str) -> str:
        """Returns what a new pass lets be shown, with the space before it; often nothing."""
        parts = parts_of(text)
        agreed = _common(parts, self._before)
        self._before = parts
        return self._show(parts[len(self._shown) : agreed])

    def settle(self, text: str) -> str:
        """Returns what remains to be shown of a text that no later pass will change."""
        self._before = []
        return self._show(parts_of(text)[len(self._shown) :])

    def _show(self, parts: Sequence[str]) -> str:
        self._shown += parts
        return "".join(parts)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Returns how many first parts are equal."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))
