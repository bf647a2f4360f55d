"""Sentences that were written without a blank between them: `the end.Next we go`.

Only what can be nothing else is one: `example.com`, `Node.js`, `java.lang.String`, `e.g.this`,
`3.5` and `U.S.A` are words of their own.
"""

import re

from nemo_voice_tts.text.traced import Traced

_JOINED = re.compile(
    r"(?<=[A-Za-z][a-z)\"'])(?:[.!?]+[\"')\]]*)(?=[\"'(]?(?:[A-Z][a-z]|[IA] ))"
    r"|(?<=[\d%])(?:[.!?]+)(?=[A-Z][a-z]+(?:'[a-z]+)?(?:[\s,.!?;:]|$))"
)
_LONGEST_WORD = 60
"""How far the words around a stop are looked at."""
_ADDRESS = re.compile(r"[/@=\\_:]|^www\.", re.IGNORECASE)
_DOTTED = re.compile(r"\w\.[a-z]")
_ENDING = (
    r"com|org|net|io|ai|co|gov|edu|app|dev|uk|de|fr|es|js|ts|py|rs|go|txt|pdf|docx?|xlsx?|html?"
    r"|css|csv|json|xml|ya?ml|md|png|jpe?g|gif|mp[34]|wav|zip|exe|sh"
)
_ENDS_NAME = re.compile(rf"\.(?:{_ENDING})$")
_IS_ENDING = re.compile(rf"(?:{_ENDING})(?![A-Za-z])", re.IGNORECASE)
_VERB = re.compile(r"Go(?![A-Za-z(])")
"""A file of Go ends in small letters."""
_IDENTIFIER = re.compile(r"[A-Z][a-z]+(?:[A-Z]|\()|\w+\(")


def with_blanks_between_sentences(text: Traced) -> Traced:
    """Returns the text with a blank after each stop that ends a sentence, where there is none."""
    whole = text.text

    def spaced(found: re.Match[str]) -> str | None:
        before = whole[max(0, found.start() - _LONGEST_WORD) : found.start()].rpartition(" ")[2]
        after = whole[found.end() : found.end() + _LONGEST_WORD].partition(" ")[0]
        is_word = _has_address(before, after) or (found[0] == "." and _is_name(before, after))
        return None if is_word else f"{found[0]} "

    return text.sub(_JOINED, spaced)


def _has_address(before: str, after: str) -> bool:
    return bool(_ADDRESS.search(before) or _ADDRESS.search(after.rstrip(":")))


def _is_name(before: str, after: str) -> bool:
    """Returns whether a dot is one inside a domain, a file's name or an identifier."""
    if (_IS_ENDING.match(after) and not _VERB.match(after)) or _IDENTIFIER.match(after):
        return True
    if _DOTTED.search(after):
        return True
    return _DOTTED.search(before) is not None and _ENDS_NAME.search(before) is None
