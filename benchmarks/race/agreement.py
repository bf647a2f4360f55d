"""Whether the compared servers do the same work: what they hear, and how long they speak."""

import json
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.measures import Response
from benchmarks.race.systems import SERVICE


def agreement(responses: Mapping[str, Sequence[Response]]) -> Iterator[str]:
    """Yields a sentence about each other server: equal texts, or the length of its speech.

    Whoever loses words or sounds would be fast for a bad reason.
    """
    ours = responses[SERVICE]
    for system, theirs in responses.items():
        if system == SERVICE:
            continue
        failed = sum(one.error is not None for one in theirs)
        lost = f"; {failed} failed" if failed else ""
        if any(one.content for one in ours):
            pairs = zip(ours, theirs, strict=True)
            equal = sum(text_of(our.content) == text_of(their.content) for our, their in pairs)
            yield f"{system} hears the service's text in {equal} of {len(ours)} clips{lost}."
        else:
            share = sum(one.audio_s for one in theirs) / sum(one.audio_s for one in ours)
            yield f"{system} speaks {share:.2f} times as long as the service, same texts{lost}."


def text_of(content: bytes) -> str | None:
    """Returns the text in a response's JSON: a field, or the only entry of a list."""
    try:
        found = json.loads(content)
    except ValueError:
        return None
    if isinstance(found, list):
        found = found[0] if found else None
    text = found.get("text") if isinstance(found, dict) else found
    return text.strip() if isinstance(text, str) else None
