r"""Encodes request bodies as JSON that is also YAML, whatever characters their strings have.

Server-side apply is sent as YAML, and its parser in the API server differs from JSON's: it refuses
the surrogate escapes that JSON has for characters beyond U+FFFF (`\ud83d\ude00`), and it refuses or
folds others where they stand unescaped (DEL, U+0085, U+2028, U+FEFF).
"""

import json
import re

_ESCAPED = re.compile("[\x7f-\ud7ff\ue000-\uffff]")
"""Characters of up to four hexadecimal digits beyond ASCII, which both escape in the same way."""
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which no encoding of Unicode can express."""


def encoded(body: object) -> bytes:
    """Returns the body in JSON, which a parser of YAML reads as the same.

    A lone surrogate becomes U+FFFD, as the API server itself reads it.

    Raises:
        ValueError: A number in it is not finite.
    """
    text = json.dumps(body, ensure_ascii=False, allow_nan=False)
    text = _LONE_SURROGATES.sub("\ufffd", text)
    return _ESCAPED.sub(_escape, text).encode()


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
