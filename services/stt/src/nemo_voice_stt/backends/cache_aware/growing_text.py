"""The text of a stream's tokens so far, of which nothing is ever taken back.

Marks at the end wait for what follows, which decides to which word they belong. Words that no later
token changes are spelled once: the text of a long utterance costs no more than that of a short one.
"""

from collections.abc import Callable, Sequence

from nemo_voice_stt.backends.transducer_ctc.punctuation import is_mark, is_quote
from nemo_voice_stt.backends.transducer_ctc.tokens import WORD_START, Token
from nemo_voice_stt.backends.transducer_ctc.word_times import Timing, words_of
from nemo_voice_stt.transcription.writing import joined

_INCOMPLETE = "\ufffd"
"""What stands for a character of which a token has not all bytes."""
_ANY_TIMES = Timing(1.0, 1.0)


class GrowingText:
    """Spells the tokens of one stream."""

    def __init__(self, text_of: Callable[[list[int]], str]) -> None:
        """Takes what spells a list of token numbers."""
        self._text_of = text_of
        self._settled = ""
        self._open: list[Token] = []
        self._followed = 0
        self._has_quotes = False

    def follow(self, tokens: Sequence[Token]) -> str:
        """Returns the text of all tokens so far; those of the call before are the first of them."""
        self._open += tokens[self._followed :]
        self._followed = len(tokens)
        self._settle()
        count = len(self._open)
        while count and not _is_spoken(self._open[count - 1]):
            count -= 1
        return self._with(self._open[:count]).rstrip(_INCOMPLETE)

    def _settle(self) -> None:
        """Spells for good what is before the last word that begins after another one's letters.

        A quotation mark after a space opens or closes what may be far from it.
        """
        place = 0
        for at, token in enumerate(self._open):
            has_space = token.piece.startswith(WORD_START)
            is_after_letters = at > 0 and _is_spoken(self._open[at - 1])
            if not is_after_letters or has_space:
                self._has_quotes = self._has_quotes or any(map(is_quote, _bare(token)))
            is_start = has_space and is_after_letters and _is_spoken(token)
            if is_start and not self._has_quotes:
                place = at
        self._settled, self._open = self._with(self._open[:place]), self._open[place:]

    def _with(self, tokens: Sequence[Token]) -> str:
        text = joined(words_of(tokens, _ANY_TIMES, self._text_of)) if tokens else ""
        return f"{self._settled} {text}" if self._settled and text else self._settled or text


def _bare(token: Token) -> str:
    return token.piece.lstrip(WORD_START)


def _is_spoken(token: Token) -> bool:
    """Returns whether the token has letters: neither a mark, nor a space alone."""
    bare = _bare(token)
    return bool(bare) and not is_mark(bare)
