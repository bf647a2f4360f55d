"""Examples of how texts are read, from the table that the tests hold."""

import csv
from collections import defaultdict
from pathlib import Path

from tools.generated.markdown import table

_TABLE = Path(__file__).resolve().parents[2] / "tests" / "reading" / "en.tsv"
_EXAMPLES = 5
"""Of each kind: the first ones of the table."""


def readings_table() -> str:
    """Returns a few examples of each kind of text, and what a voice says of them."""
    kinds: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with _TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if not row or row[0].startswith("#"):
                continue
            kind, _format, written, said = row
            if len(kinds[kind]) < _EXAMPLES:
                kinds[kind].append((f"`{written}`", said.split(" || ")[0]))
    rows = [
        (kind.replace("_", " ") if place == 0 else "", written, said)
        for kind, examples in kinds.items()
        for place, (written, said) in enumerate(examples)
    ]
    return table(("kind", "written", "said"), rows)
