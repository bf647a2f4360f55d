"""The tables of live clients, made from the tests that run them and from what these configure.

Called by `tables.py`. It reads the tests and runs none of them.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import override

from tools.generated.conformance import Client, sentences_of, version_of
from tools.generated.markdown import table

ROOT = Path(__file__).resolve().parents[2]
AGENTS = ROOT / "tests" / "agents"
ADDRESSES = {
    "stt": "localhost:5001",
    "tts": "localhost:5000",
    "stt_grpc": "localhost:50052",
    "tts_grpc": "localhost:50051",
}
"""Where the services are in the documentation, by the name of a configuration's parameter."""


@dataclass(frozen=True, slots=True)
class LiveClient:
    """A client, the folder of its configuration, and what it cannot do itself."""

    client: Client
    folder: str
    limits: str

    def version(self) -> str:
        """Returns the version that its pins name."""
        return version_of(self.client)

    def sentences(self) -> list[str]:
        """Returns what the tests have it do."""
        return sentences_of(self.client, AGENTS)


def _python(name: str, package: str, folder: str, limits: str, pins: str = "") -> LiveClient:
    tests = f"test_{folder}.py"
    where = ROOT / (pins or f"tests/agents/{folder}") / "requirements.txt"
    return LiveClient(Client(name, where, package, (tests,), f"{folder}_"), folder, limits)


CLIENTS = (
    _python(
        "pipecat",
        "pipecat-ai",
        "pipecat",
        "`OpenAITTSService` refuses voices of other names than OpenAI's:"
        " [give yours those](voices.md). An interim frame of `OpenAIRealtimeSTTService` holds the"
        " words that are new",
    ),
    _python(
        "LiveKit Agents",
        "livekit-agents",
        "livekit",
        "`nvidia.STT` opens no other stream when one fails, and hears nothing until it is made"
        " anew ([a proposed repair](https://github.com/livekit/agents/pull/4540)); it tells of the"
        " start of the first utterance alone",
    ),
    _python(
        "NVIDIA's `nvidia-riva-client`, realtime",
        "nvidia-riva-client",
        "riva",
        "imports `requests`, which its package does not bring",
        pins="tests/contract/riva",
    ),
    _python(
        "LiteLLM's proxy",
        "litellm",
        "litellm",
        "starts with a strong `LITELLM_MASTER_KEY` alone",
        pins="tests/contract/litellm",
    ),
    _python(
        "Home Assistant, by wyoming_openai",
        "wyoming-openai",
        "wyoming",
        "each utterance is a session of its own",
    ),
)


def live_clients_table() -> str:
    """Returns one row for each client: its version, what the tests have it do, its limits."""
    rows = [
        (one.client.name, one.version(), "<br>".join(one.sentences()), one.limits)
        for one in CLIENTS
    ]
    return table(("client", "version", "what it does in the tests", "its own limits"), rows)


def configurations_table() -> str:
    """Returns one row for each way of use: the configuration with which the tests run it."""
    rows = [
        (one.client.name, purpose, line)
        for one in CLIENTS
        for purpose, line in configurations_of(AGENTS / one.folder / "configuration.py")
    ]
    return table(("client", "for", "configuration"), rows)


def configurations_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yields what each function of a module is for, and what it returns, as documentation."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            described = (ast.get_docstring(node) or "").removeprefix("Returns ").rstrip(".")
            (value,) = [one.value for one in node.body if isinstance(one, ast.Return)]
            assert value is not None  # noqa: S101 each one returns something
            yield described, f"`{line_of(value)}`"


def line_of(value: ast.expr) -> str:
    """Returns an expression on one line: variables of an environment as a shell has them."""
    placed = _Placed().visit(value)
    if isinstance(placed, ast.List):
        return " ".join(ast.literal_eval(placed))
    if isinstance(placed, ast.Dict):
        found = ast.literal_eval(placed)
        if all(isinstance(one, str) for one in found.values()):
            return " ".join(f"{name}={one}" for name, one in found.items())
    return ast.unparse(placed).replace("'", '"')


class _Placed(ast.NodeTransformer):
    """Puts the documentation's addresses in the place of a function's parameters."""

    @override
    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(ADDRESSES[node.id]) if node.id in ADDRESSES else node

    @override
    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        parts: list[Any] = [
            self.visit(one.value) if isinstance(one, ast.FormattedValue) else one
            for one in node.values
        ]
        return ast.Constant("".join(str(part.value) for part in parts))
