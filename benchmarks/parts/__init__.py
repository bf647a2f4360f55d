"""The parts of the benchmark: `make bench` runs them in this order and writes one page.

To add a part, for example `load`:

1. Write `benchmarks/parts/load.py` with one function,

       def measure(setting: Setting) -> Outcome: ...

   (both are in `benchmarks/outcome.py`). It returns its goals (`benchmarks.measures.Goal`: name,
   figure, limit, and `why` for what stands in the way when the goal is missed), its Markdown (a
   `## ` title, then tables by `benchmarks.report.table`, text), and figures that JSON can hold.
   `setting.is_quick` asks for a few seconds of it; `setting.logs` is a folder for the logs of
   servers, which `benchmarks.servers.running` starts; `setting.progress("...")` prints a line.
2. Add its name and minutes to `PARTS`. A dash in the name is an underscore in the module's.
3. Run `.venv/bin/python -m benchmarks --quick --only load`, which writes into the cache folder, and
   `--only load --out benchmarks` to replace this part alone in the page that is kept.

The part writes nothing itself: where, when and under which load it was measured is added here.
All parts together may take an hour.
"""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from benchmarks.outcome import Outcome, Setting

PARTS: Mapping[str, float] = MappingProxyType(
    {
        "stt-demo": 9,
        "stt-110m": 4,
        "tts": 11,
        "cpu": 6,
        "profile": 2,
        "memory": 3,
        "start": 6,
        "long": 7,
    }
)
"""Each part with the minutes that it takes, in the order of the page."""


def measured(name: str, setting: Setting) -> Outcome:
    """Returns what the part of this name found."""
    module = import_module(f"benchmarks.parts.{name.replace('-', '_')}")
    outcome: Outcome = module.measure(setting)
    return outcome
