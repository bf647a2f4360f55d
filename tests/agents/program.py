"""What each client's program does around its client: the standard library alone.

A program gets where the services are, runs what it is named for one after the other, and prints
JSON: what each gave, or how it failed.
"""

import asyncio
import json
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0
"""For each wait of a client."""
TEXT = "Good morning. How are you today?"
LONG_TEXT = " ".join([TEXT] * 20)


@dataclass(frozen=True)
class Given:
    """Where the services are, as host and port, and what the client works with."""

    stt: str
    tts: str
    stt_grpc: str
    tts_grpc: str
    clip: Path
    """A WAV file of the text at 16 kHz."""
    folder: Path
    """For what the client writes."""


Scenario = Callable[[Given], Awaitable[Any]]


def run(scenarios: Mapping[str, Scenario]) -> None:
    """Runs those scenarios that the command line names, and prints what they gave."""
    names, given = sys.argv[2:], json.loads(sys.argv[1])
    where: dict[str, Any] = {name: Path(given.pop(name)) for name in ("clip", "folder")}
    found = asyncio.run(_all(scenarios, names, Given(**given, **where)))
    sys.stdout.write(f"\n{json.dumps(found)}\n")


async def _all(scenarios: Mapping[str, Scenario], names: list[str], given: Given) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        try:
            found[name] = await scenarios[name](given)
        except Exception:  # noqa: BLE001 the test that looks at this scenario shows it
            found[name] = {"failed": traceback.format_exc()}
    return found
