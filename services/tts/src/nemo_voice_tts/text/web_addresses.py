"""Addresses of the web in the words of a language: URLs, e-mail, domains, files, hashtags.

English has its own step, which knows more forms: `en/addresses.py`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from nemo_voice_tts.text.language import Step
from nemo_voice_tts.text.traced import Traced

_DOMAINS = (
    r"com|org|net|info|edu|gov|gob|io|ai|app|dev|eu|es|mx|ar|co|cl|pe|uy|ve|ec|bo|cr|pr|cu|de|at|ch|li"
    r"|fr|it|pt|uk|us|nl|be|br|tv|me|online|shop|blog|cat|berlin|wien"
)
_FILES = (
    r"pdf|docx?|xlsx?|pptx?|txt|csv|mp[34]|wav|jpe?g|png|gif|zip|html?|json|xml|ya?ml|py|js|exe|odt"
)
_LABEL = r"[A-Za-z0-9\u00c0-\u017f](?:[A-Za-z0-9\u00c0-\u017f_-]{0,62})"
_REST = r"(?:[/?#](?:[\w\-./~%&=+:;,@!$*?#]{0,2000}[\w/=&~-])?)?"
_EMAIL = re.compile(rf"(?:mailto:)?(?<![\w.+-])(\w[\w.+%-]{{0,63}}@{_LABEL}(?:\.{_LABEL}){{1,8}})")
_URL = re.compile(
    rf"\b(?:https?|ftps?|sftp|wss?)://([\w.\[\]-]{{1,255}}\w\]?(?::\d{{1,5}})?{_REST})"
)
_BARE = re.compile(
    rf"(?<![\w@./-])((?:www\.)(?:{_LABEL}\.){{0,8}}[a-z]{{2,8}}|(?:{_LABEL}\.){{1,8}}(?:{_DOMAINS}))"
    rf"(?![\w-]|\.\w)({_REST})"
)
_FILE = re.compile(rf"(?<![\w@./-])([\w-]{{1,80}}(?:\.[\w-]{{1,20}})*\.(?:{_FILES}))(?![\w-]|\.\w)")
_HASHTAG = re.compile(r"(?<![\w&/#])#(?=\w*[^\W\d_])(\w{2,80})\b")
_HANDLE = re.compile(r"(?<![\w.@/])@([^\W\d_]\w{1,40}(?:\.\w{1,30})*)")
_PIECE = re.compile(r"[^\W\d_]+|\d+|_|[^\w\s]")
_HUMP = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])|_")
_ANY = re.compile(r"[@#/]|\w\.\w")
_VOWEL = re.compile(r"[aeiouyáéíóúäöü]", re.IGNORECASE)
_LONGEST_NUMBER = 4
"""More digits are said one by one."""
_SPELLED = frozenset({"io", "ai", "eu", "uk", "us", "ar", "cr", "ec", "li", "it", "de", "at", "ch"})
"""Domains of two letters that would be taken for a syllable, unless the language says it as one."""


@dataclass(frozen=True, slots=True)
class WebWords:
    """What one language calls the parts of an address."""

    signs: Mapping[str, str]
    number: Callable[[str], str]
    """Returns a number in words."""
    digits: Callable[[str], str]
    """Returns digits one by one."""
    hashtag: str
    """What stands before the words of a hashtag."""
    whole: frozenset[str] = frozenset()
    """Short parts that are said as words, such as the language's own domain."""


def web_addresses(words: WebWords) -> Step:
    """Returns the step that says addresses in these words."""

    def said(address: str) -> str:
        pieces = (_piece(one, words) for one in _PIECE.findall(unquote(address)))
        return " ".join(filter(None, pieces))

    def url(found: re.Match[str]) -> str:
        return said(found[1].removesuffix("/"))

    def bare(found: re.Match[str]) -> str:
        return said(f"{found[1]}{found[2]}".removesuffix("/"))

    def hashtag(found: re.Match[str]) -> str:
        parts = " ".join(filter(None, _HUMP.split(found[1])))
        return f"{words.hashtag} {said(parts)}"

    def handle(found: re.Match[str]) -> str:
        return f"{words.signs['@']} {said(found[1])}"

    def step(text: Traced) -> Traced:
        if not _ANY.search(text.text):
            return text
        text = text.sub(_URL, url).sub(_EMAIL, lambda found: said(found[1])).sub(_BARE, bare)
        text = text.sub(_FILE, lambda found: said(found[1]))
        return text.sub(_HASHTAG, hashtag).sub(_HANDLE, handle)

    return step


def _piece(piece: str, words: WebWords) -> str:
    if piece.isdigit():
        is_long = len(piece) > _LONGEST_NUMBER or (len(piece) > 1 and piece[0] == "0")
        return words.digits(piece) if is_long else words.number(piece)
    if not piece.isalpha():
        return words.signs.get(piece, "")
    lowered = piece.lower()
    if lowered in words.whole:
        return piece
    if len(piece) > 1 and (lowered in _SPELLED or not _VOWEL.search(lowered)):
        return " ".join(piece.upper())
    return piece
