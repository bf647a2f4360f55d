"""Addresses of machines and people: URLs, e-mail, domains, IP and MAC addresses, handles, hashtags.

`paths.py` reads the files of a machine.
"""

import re
from collections.abc import Callable

from nemo_voice_tts.text.en.spelling import (
    alternation,
    before,
    cardinal,
    code_number,
    letters,
    part,
    short_number,
    word_set,
)
from nemo_voice_tts.text.traced import Traced

_DOMAIN = rf"(?:{alternation('domains')}|{alternation('spelled domains')})"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62})"
_HOST = rf"(?:{_LABEL}\.){{1,8}}{_DOMAIN}"
_REST = r"(?:[/?#](?:[\w\-./~%&=+:;,@!$*?#]{0,2000}[\w/=&~-])?)?"
_EMAIL = re.compile(
    rf"(?:mailto:)?(?<![\w.+-])([A-Za-z0-9_][\w.+%-]{{0,63}})@({_LABEL}(?:\.{_LABEL}){{1,8}})"
)
_SCP = re.compile(rf"(?<![\w.+-])(\w{{1,32}})@({_HOST}):([\w.~/-]{{1,200}}\w)")
"""An address of git over ssh."""
_URL = re.compile(
    r"\b(https?|ftps?|s?ftp|wss?|ssh|git|file|s3|gs|grpc|redis|postgres(?:ql)?|jdbc|mongodb|tcp|udp)"
    rf"://(?:([\w.%+-]{{1,64}}(?::[^\s@/]{{1,64}})?)@)?([\w.\[\]:-]{{0,255}}\w\]?)?({_REST})",
)
_BARE = re.compile(rf"(?<![\w@./-])((?:www\.)?{_HOST})(:\d{{2,5}})?\b(?![\w-]|\.\w)({_REST})")
_LOCAL = re.compile(rf"(?<![\w@./-])([a-z][a-z0-9-]{{1,62}}):(\d{{2,5}})\b(?!:)({_REST})")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IPV4 = re.compile(
    rf"(?<![\w.])({_OCTET}(?:\.{_OCTET}){{3}})(?:/(\d{{1,2}})\b|:(\d{{1,5}})\b)?(?!\.?\d)({_REST})"
)
_MAC = re.compile(
    r"(?<![\w:-])([0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\2[0-9A-Fa-f]{2}){4})(?![\w:-])"
)
_IPV6 = re.compile(
    r"(?<![\w:.])((?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})(?:/(\d{1,3}))?(?![\w:])"
)
_HASHTAG = re.compile(r"(?<![\w&/#])#(?=[A-Za-z0-9_]*[A-Za-z])(\w{2,80})\b")
_NUMBERED = re.compile(rf"\b(?:{alternation('nouns before a number sign')})\.? $", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w.@/])@([A-Za-z]\w{0,30}(?:[.-]\w{1,30})*)(?:/([a-z][\w.-]{0,60}\w))?")
_COLOUR = re.compile(r"(?<![\w&/])#([0-9A-Fa-f]{6}|[0-9A-F]{3})\b")

_SIGNS = {
    "/": "slash", ".": "dot", "-": "dash", "_": "underscore", "?": "question mark", "=": "equals",
    "&": "and", "#": "hash", "+": "plus", "%": "percent", "~": "tilde", ":": "colon", "@": "at",
    "*": "star", "$": "dollar", "\\": "backslash", ";": "semicolon", ",": "comma", "!": "bang",
}  # fmt: skip
_PIECE = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_THOUSANDS = re.compile(r"[1-9]\d?000")
_TWICE = re.compile(r"([1-9]\d)\1")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_SCHEMES_SAID = {"s3": "S three", "gs": "G S", "file": "file"}
_FIRST_FREE_PORT = 1024
"""Before it stand numbers that more often mean something else."""
_IPV6_COLONS = 7


def addresses(text: Traced) -> Traced:
    """Returns the text with the addresses in words."""
    for mark, pattern, said in _STEPS:
        if mark in text.text:
            text = text.sub(pattern, said)
    return text


def pieces(address: str) -> str:
    """Returns the parts and signs of an address or path, one after the other, in words."""
    said: list[str] = []
    for piece in _PIECE.findall(_ESCAPED.sub(" ", address)):
        if piece.isalnum():
            said.append(_token(piece))
        elif not piece.isspace():
            said.append(_SIGNS.get(piece, ""))
    return " ".join(filter(None, said))


def _token(piece: str) -> str:
    if piece.isdigit():
        return code_number(piece) if _YEAR.fullmatch(piece) else short_number(piece)
    version = re.fullmatch(r"[vV](\d{1,3})", piece)
    if version:
        return f"V {short_number(version[1])}"
    return part(piece)


def _host(host: str) -> str:
    head, dot, last = host.removesuffix(".").rpartition(".")
    lowered = last.lower()
    if lowered in word_set("spelled domains") and dot:
        said = letters(last)
    else:
        said = lowered if lowered in word_set("domains") else pieces(last)
    return f"{pieces(head)} dot {said}" if dot else said


def _email(found: re.Match[str]) -> str:
    return f"{pieces(found[1])} at {_host(found[2])}"


def _scp(found: re.Match[str]) -> str:
    return f"{pieces(found[1])} at {_host(found[2])} colon {pieces(found[3])}"


def _url(found: re.Match[str]) -> str | None:
    scheme, user, host, rest = found.groups()
    said = [_SCHEMES_SAID.get(scheme, "")]
    if user:
        said += [pieces(user.split(":")[0]), "at"]
    if host:
        name, port = host, ""
        if host.count(":") == 1:
            name, _, port = host.partition(":")
        address = _IPV4.fullmatch(name)
        if name.startswith("["):
            said.append(_groups(name.strip("[]"), ":"))
        else:
            said.append(_octets(name) if address else _host(name))
        if port.isdigit():
            said += ["port", _port(port)]
    said.append(_rest(rest))
    return " ".join(filter(None, said)) or None


def _bare(found: re.Match[str]) -> str | None:
    host, port, rest = found.groups()
    last = host.rpartition(".")[2]
    is_ambiguous = last in word_set("domains that are words")
    if is_ambiguous and not (port or rest or host.count(".") > 1 or host.islower()):
        return None
    said = [_host(host)]
    if port:
        said += ["port", _port(port[1:])]
    return " ".join(filter(None, [*said, _rest(rest)]))


def _local(found: re.Match[str]) -> str | None:
    name, port, rest = found.groups()
    if name != "localhost" and not rest and int(port) < _FIRST_FREE_PORT:
        return None
    return " ".join(filter(None, [pieces(name), "port", _port(port), _rest(rest)]))


def _rest(rest: str) -> str:
    return pieces(rest) if rest not in {"", "/"} else ""


def _port(port: str) -> str:
    if _THOUSANDS.fullmatch(port):
        return cardinal(int(port))
    twice = _TWICE.fullmatch(port)
    return " ".join([short_number(twice[1])] * 2) if twice else short_number(port)


def _octets(address: str) -> str:
    return " dot ".join(map(short_number, address.split(".")))


def _ipv4(found: re.Match[str]) -> str | None:
    address, prefix, port, rest = found.groups()
    preceding = before(found, 12).lower().rstrip()
    if preceding.endswith(("version", "release", "section", " v")):
        return None
    said = _octets(address)
    if prefix:
        return f"{said} slash {short_number(prefix)}"
    if port:
        said += f" port {_port(port)}"
    return f"{said} {_rest(rest)}".rstrip()


def _ipv6(found: re.Match[str]) -> str | None:
    address, prefix = found.groups()
    is_full = address.count(":") == _IPV6_COLONS
    if ("::" not in address and not is_full) or not any(map(str.isalnum, address)):
        return None
    said = _groups(address, ":")
    return f"{said} slash {short_number(prefix)}" if prefix else said


def _groups(address: str, sign: str) -> str:
    name = "colon" if sign == ":" else "dash"
    return f" {name} ".join(map(letters, address.split(sign))).replace("  ", " ").strip()


def _colour(found: re.Match[str]) -> str | None:
    code = found[1]
    has_digit, has_letter = any(map(str.isdigit, code)), any(map(str.isalpha, code))
    is_number = has_digit and not has_letter and len(code) < len("000000")
    is_word_in_capitals = has_letter and not has_digit and len(set(code)) > 1
    return None if is_number or is_word_in_capitals else f"hash {letters(code)}"


def _hashtag(found: re.Match[str]) -> str:
    is_number = _NUMBERED.search(found.string, max(0, found.start() - 16), found.start())
    if is_number and any(map(str.isdigit, found[1])):
        return f"number {found[1]}"
    return f"hashtag {_title(found[1])}"


def _title(name: str) -> str:
    return " ".join(filter(None, map(part, name.split("_"))))


def _handle(found: re.Match[str]) -> str:
    said = f"at {pieces(found[1])}"
    return f"{said} slash {pieces(found[2])}" if found[2] else said


_STEPS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    # a sign that the text must hold, the pattern, what is said
    ("@", _SCP, _scp),
    ("@", _EMAIL, _email),
    ("://", _URL, _url),
    (":", _MAC, lambda found: _groups(found[1], found[2])),
    (":", _IPV6, _ipv6),
    (".", _IPV4, _ipv4),
    (".", _BARE, _bare),
    (":", _LOCAL, _local),
    ("#", _COLOUR, _colour),
    ("#", _HASHTAG, _hashtag),
    ("@", _HANDLE, _handle),
)
