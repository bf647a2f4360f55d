"""The word error rate, for the self-test: pure."""

import re


def word_error_rate(reference: str, heard: str) -> float:
    """Returns the edits per word of the reference, case and punctuation aside."""
    wanted, got = _words(reference), _words(heard)
    row = list(range(len(got) + 1))
    for above, word in enumerate(wanted):
        diagonal, row[0] = row[0], above + 1
        for place, other in enumerate(got, start=1):
            replaced = diagonal + (word != other)
            diagonal = row[place]
            row[place] = min(replaced, row[place] + 1, row[place - 1] + 1)
    return row[-1] / max(1, len(wanted))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())
