"""Tags in a text: where they are, and which of them are HTML's.

The standard library's parser needs quadratic time for broken tags (100,000 characters of `<a `: two
minutes), and lxml's loses where the text stood; hence this one, which reads each character once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


VOID = _names("area base br col embed hr img input link meta param source track wbr")
"""Elements without content."""
HEADINGS = _names("h1 h2 h3 h4 h5 h6")
BLOCKS = HEADINGS | _names(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form header hgroup html legend li main menu nav ol optgroup option"
    " p pre search section summary table tbody td tfoot th thead tr ul"
)
"""Elements that text does not run on into."""
RAW = _names("noembed noframes script style textarea title xmp")
"""Elements whose content holds no tags."""
DROPPED = RAW | _names(
    "audio canvas datalist head iframe map noscript object rp rt select svg template video"
)
"""Elements whose content nobody reads."""
_INLINE = _names(
    "a abbr acronym b bdi bdo big button cite code data del dfn em font i ins kbd label mark math"
    " meter output progress q ruby s samp slot small span strike strong sub sup time tt u var"
)
KNOWN = VOID | BLOCKS | DROPPED | _INLINE

_BOOLEAN = _names(
    "async autofocus autoplay checked controls defer disabled download hidden itemscope loop muted"
    " nowrap open readonly required reversed selected"
)
_ALONE = _names("br hr img wbr")
_NAME = re.compile(r"(/?)([A-Za-z][^\s/>]*+)")
_ATTRIBUTES = re.compile(r"[^>\"']*+(?:(?:\"[^\"]*+\"|'[^']*+')[^>\"']*+)*+>")
_MOST_ATTRIBUTE_CHARS = 4096
"""How far a tag's end is looked for behind quotes; without them any tag's end is found."""
_ATTRIBUTE = re.compile(
    r"([^\s\"'<>/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)(?:\"|$)|'([^']*+)(?:'|$)|([^\s\"'>]++)))?"
)
_PROPER_TAG = re.compile(
    r"<(/?)([A-Za-z][A-Za-z0-9]*+)"
    r"((?:\s++[A-Za-z][\w:.-]*+(?:\s*+=\s*+(?:\"[^\"<>]*+\"|'[^'<>]*+'|[^\s\"'<>=]++))?)*+)\s*+/?>"
)
_DOCUMENT = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|body|head)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, comment or declaration."""

    start: int
    """Where it begins in the text."""
    end: int
    name: str = ""
    """In small letters; empty for what is no element's tag."""
    is_end: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    """With their values as they are meant; empty where none is written."""


def is_document(text: str) -> bool:
    """Returns whether a text begins as a whole HTML document does."""
    return _DOCUMENT.match(text) is not None


def real_tags(text: str) -> frozenset[str]:
    """Returns the elements that a text surely writes as tags.

    `i<p and q>r`, `List<String>` and a tag that is only talked about are none: an element has its
    end, or needs none, and attributes as HTML writes them.
    """
    opened: set[str] = set()
    with_attributes: set[str] = set()
    closed: set[str] = set()
    for found in _PROPER_TAG.finditer(text):
        name = found[2].lower()
        if found[1]:
            closed.add(name)
        elif _are_proper(found[3]):
            opened.add(name)
            if found[3]:
                with_attributes.add(name)
    paired = KNOWN & opened & closed
    if paired & BLOCKS:
        return paired | (KNOWN & opened)
    return paired | (_ALONE & opened) | (VOID & with_attributes if paired else frozenset())


def _are_proper(attributes: str) -> bool:
    return all(
        "=" in found[0] or found[1].lower() in _BOOLEAN for found in _ATTRIBUTE.finditer(attributes)
    )


def tags(text: str) -> Iterator[Tag]:
    """Yields the tags, comments and declarations of a text in their order."""
    last_end, last_comment_end = text.rfind(">"), text.rfind("-->")
    at = text.find("<")
    while 0 <= at < last_end:
        if text.startswith("<!--", at):
            end = text.index("-->", at) + 3 if at < last_comment_end else at + 4
            yield Tag(at, end)
        elif text[at + 1] in "!?":
            end = text.index(">", at) + 1
            yield Tag(at, end)
        elif (named := _NAME.match(text, at + 1)) is not None:
            end = _end(text, named.end())
            yield _tag(text, named, end)
            if named[2].lower() in RAW and not named[1]:
                end = _raw_end(text, named[2], end)
        else:
            end = at + 1
        at = text.find("<", end)


def _end(text: str, at: int) -> int:
    quoted = _ATTRIBUTES.match(text, at, min(len(text), at + _MOST_ATTRIBUTE_CHARS))
    return quoted.end() if quoted else text.index(">", at) + 1


def _raw_end(text: str, name: str, at: int) -> int:
    found = re.compile(f"</{re.escape(name)}", re.IGNORECASE).search(text, at)
    return found.start() if found else len(text)


def _tag(text: str, named: re.Match[str], end: int) -> Tag:
    attributes: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(text, named.end(), end - 1):
        value = next((group for group in found.groups()[1:] if group is not None), "")
        attributes.setdefault(found[1].lower(), unescape(value))
    return Tag(named.start() - 1, end, named[2].lower(), bool(named[1]), attributes)
