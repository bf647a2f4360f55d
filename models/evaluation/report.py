"""The figures as JSON and as the tables inside the model card. Called by `__main__.py`.

The card's prose is written by hand; only what stands between two markers is replaced.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evaluation.checkpoints import Checkpoint
from evaluation.findings import Figure, Findings
from evaluation.measures import Hearing
from evaluation.sentences import normalised

_WORST_LISTS = {
    "round_trip": "Round trip (said by the voice, heard by the recogniser)",
    "plain": "Recognition of espeak's speech",
    "changed": "Recognition with voice, speed, pitch and gain changed",
    "written": "Written forms (the closest correct reading, and what was heard)",
    "unknown": "Words outside the dictionary",
}


def as_json(findings: Mapping[str, Findings], checkpoints: Sequence[Checkpoint]) -> str:
    """Returns everything measured, with the digests of the checkpoints it was measured on."""
    document = {
        "checkpoints": {checkpoint.name: checkpoint.sha256 for checkpoint in checkpoints},
        "measurements": {
            name: {
                "figures": [_figure_record(figure) for figure in found.figures],
                "worst": [_hearing_record(hearing) for hearing in found.worst],
            }
            for name, found in findings.items()
        },
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _figure_record(figure: Figure) -> dict[str, Any]:
    record = asdict(figure)
    record["value"] = round(figure.value, 4)
    return record | {"reached": figure.is_reached}


def _hearing_record(hearing: Hearing) -> dict[str, Any]:
    return {
        "said": normalised(hearing.said),
        "heard": normalised(hearing.heard),
        "edits": hearing.errors.edits,
    }


def figures_table(findings: Mapping[str, Findings]) -> str:
    """Returns the figures as one Markdown table."""
    rows = ["| figure | measured | goal | reached | over | remarks |", "|---|---|---|---|---|---|"]
    for found in findings.values():
        rows += [_row(figure) for figure in found.figures]
    return "\n".join(rows)


def _row(figure: Figure) -> str:
    digits = 4 if "per s" in figure.unit else 0 if figure.unit in {"", "ms"} else 2
    goal = "" if figure.goal is None else f"≤ {figure.goal:g} {figure.unit}".strip()
    reached = {None: "", True: "yes", False: "**no**"}[figure.is_reached]
    value = f"{figure.value:.{digits}f} {figure.unit}".strip()
    cells = (figure.title, value, goal, reached, figure.count, figure.note)
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def worst_lists(findings: Mapping[str, Findings]) -> str:
    """Returns the worst sentences of each measurement that has them."""
    parts = []
    for name, heading in _WORST_LISTS.items():
        if name in findings:
            parts += [f"### {heading}", "", *_worst_table(findings[name].worst), ""]
    return "\n".join(parts).rstrip()


def _worst_table(hearings: Iterable[Hearing]) -> list[str]:
    rows = [
        f"| {h.errors.edits} | {normalised(h.said)} | {normalised(h.heard)} |" for h in hearings
    ]
    return ["| errors | said | heard |", "|---|---|---|", *rows]


def checkpoints_table(checkpoints: Iterable[Checkpoint]) -> str:
    """Returns what each checkpoint is."""
    rows = ["| file | class | parameters | bytes | SHA-256 |", "|---|---|---|---|---|"]
    rows += [
        f"| `{c.name}` | `{c.model_class}` | {c.parameters:,} | {c.size_bytes:,} "
        f"| `{c.sha256[:16]}…` |"
        for c in checkpoints
    ]
    return "\n".join(rows)


def with_section(card: str, name: str, content: str) -> str:
    """Returns the card with the text between the markers of a section replaced.

    Raises:
        ValueError: the card has no such markers.
    """
    pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(card):
        raise ValueError(f"the card has no section {name!r}")
    return pattern.sub(lambda match: f"{match[1]}{content}\n{match[2]}", card)


def with_results(
    card: str, findings: Mapping[str, Findings], checkpoints: Sequence[Checkpoint]
) -> str:
    """Returns the card with the checkpoints, the figures and the worst sentences put in."""
    card = with_section(card, "checkpoints", checkpoints_table(checkpoints))
    card = with_section(card, "figures", figures_table(findings))
    return with_section(card, "worst", worst_lists(findings))
