"""What a run found, part by part, and the JSON file that stores it.

A part that is measured again replaces only itself, with the circumstances it was measured under.
"""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from pydantic import TypeAdapter

from benchmarks.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and how a part was measured."""

    command: str
    machine: str
    software: str
    load_before: float
    """The machine's load average of the last minute before the part began."""
    started: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the benchmark."""

    circumstances: Circumstances
    outcome: Outcome


Parts = Mapping[str, Part]
"""The parts by their names, in the order of the page."""

_JSON = TypeAdapter(dict[str, Part])


def to_json(parts: Parts) -> str:
    """Returns the parts as JSON."""
    return _JSON.dump_json(dict(parts), indent=1).decode() + "\n"


def from_json(text: str) -> dict[str, Part]:
    """Returns the parts that the JSON holds."""
    return _JSON.validate_json(text)


def circumstances(
    command: str,
    *,
    load_before: float,
    started: datetime,
    packages: Sequence[str] = ("torch", "nemo_toolkit"),
) -> Circumstances:
    """Returns where and how a part was measured; called when the part is over."""
    memory_gib = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return Circumstances(
        command=command,
        machine=f"{processor_name()}, {os.cpu_count()} cores, {memory_gib:.0f} GiB",
        software=f"Python {platform.python_version()}, {versions}",
        load_before=load_before,
        started=started.strftime("%Y-%m-%d %H:%M UTC"),
        seconds=(datetime.now(UTC) - started).total_seconds(),
    )


def processor_name(facts: Path = Path("/proc/cpuinfo")) -> str:
    """Returns the processor's name, with its family and model, which its name may leave out."""
    found: dict[str, str] = {}
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            found.setdefault(name.strip(), value.strip())
    shown = found.get("model name") or platform.processor() or platform.machine()
    numbers = [f"{name} {found[key]}" for name, key in _NUMBERS if key in found]
    return " ".join([shown, f"({', '.join(numbers)})"]) if numbers else shown


_NUMBERS = (("family", "cpu family"), ("model", "model"))
