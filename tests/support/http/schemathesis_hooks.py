"""What a schema cannot say, for schemathesis: what is audio, what is English, which names exist.

Loaded by the schemathesis program itself.
"""

import re
import sys
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies
from schemathesis.transport.serialization import Binary

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from support.audio.sounds import libsndfile_bytes, tone

CLIP = libsndfile_bytes(tone(0.2, 16000), 16000, "WAV", "PCM_16")
UPLOADS = {"type": "string", "contentMediaType": "application/octet-stream"}
BEYOND_SCHEMAS = {
    "unspeakable_text",
    "text_too_long",
    "unsupported_audio",
    "invalid_pronunciations",
    "invalid_ssml",
    "unknown_phoneme",
    "unreadable_characters",
}
NAMES = {"voice", "language", "languages", "to_language", "target_language"}
"""Fields whose values are names: which of them exist is the loaded model's."""
COMBINED = {"include"}
"""Fields that go with some values of others."""

MISTYPED = re.compile(r"in body - (\S+): Incorrect type")
FORM = "multipart/form-data"
lenient: set[str] = set()
"""Fields of forms that are lists or booleans, as the document says."""

# Bytes of no kind would never get beyond the decoder.
schemathesis.openapi.format("binary", strategies.just(Binary(CLIP)))


@schemathesis.hook
def before_load_schema(_context: Any, raw_schema: Any) -> None:
    """Spells uploads in the older way, whose format can be given recordings."""
    schemas = raw_schema["components"]["schemas"]
    for methods in raw_schema["paths"].values():
        form = methods.get("post", {}).get("requestBody", {}).get("content", {}).get(FORM)
        fields = schemas[form["schema"]["$ref"].rpartition("/")[2]]["properties"] if form else {}
        for name, field in fields.items():
            kinds = {one.get("type") for one in field.get("anyOf", [field])}
            if kinds & {"array", "boolean"}:
                lenient.add(name)
            if field.items() >= UPLOADS.items():
                del field["contentMediaType"]
                field["format"] = "binary"


@schemathesis.hook
def filter_failure(_context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Keeps every failure but two kinds.

    A valid request may be refused for what no schema says; and in a form everything is text, so
    that one value is a list of one, a boolean has several spellings, and empty is not sent.
    """
    if type(failure).__name__ == "RejectedPositiveData":
        error = response.json()["error"]
        return error["code"] not in BEYOND_SCHEMAS and error["param"] not in NAMES | COMBINED
    if case.media_type != FORM or type(failure).__name__ != "AcceptedNegativeData":
        return True
    mistyped = MISTYPED.search(failure.message)
    return not (mistyped and mistyped[1] in lenient) and not _has_what_forms_lack(case.body)


def _has_what_forms_lack(body: Any) -> bool:
    values = body.values() if isinstance(body, dict) else []
    return any(value in ("", None) or isinstance(value, list | bool) for value in values)
