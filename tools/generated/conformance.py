"""The table of clients that work, made from the tests that prove it: a test's name is a sentence.

Called by `tables.py`. It reads the tests and runs none of them.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from tools.generated.markdown import table

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "tests" / "contract"


@dataclass(frozen=True, slots=True)
class Client:
    """Who calls, at which version, and how the tests that make it call are named."""

    name: str
    pins: Path
    package: str
    files: tuple[str, ...]
    prefix: str = ""


CLIENTS = (
    Client(
        "OpenAI's package for Python",
        ROOT / "requirements" / "development.txt",
        "openai",
        (
            "test_openai_client.py",
            "test_openai_speech.py",
            "test_openai_transcriptions.py",
            "test_openai_realtime.py",
        ),
    ),
    Client(
        "OpenAI's package for JavaScript",
        CONTRACT / "node" / "package.json",
        "openai",
        ("test_foreign_clients.py",),
        "javascript_",
    ),
    *(
        Client(
            "OpenAI's package for JavaScript, live over TLS",
            CONTRACT / "node" / pins / "package.json",
            "openai",
            ("test_openai_node_realtime.py",),
        )
        for pins in ("realtime6", "realtime7")
    ),
    Client(
        "LiteLLM",
        CONTRACT / "litellm" / "requirements.txt",
        "litellm",
        ("test_foreign_clients.py",),
        "litellm_",
    ),
    Client(
        "schemathesis, by the OpenAPI documents",
        ROOT / "requirements" / "development.txt",
        "schemathesis",
        ("test_openapi_documents.py",),
        "schemathesis_",
    ),
)


def clients_table() -> str:
    """Returns one row for each client: its version, and what the tests have it do."""
    rows = [
        (client.name, version_of(client), "<br>".join(sentences_of(client, CONTRACT)))
        for client in CLIENTS
    ]
    return table(("client", "version", "what it does in the tests"), rows)


def version_of(client: Client) -> str:
    """Returns the version that its pins name."""
    pinned = rf'^(?:{client.package}==|\s+"{client.package}": ")([\w.]+)'
    found = re.search(pinned, client.pins.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "any"


def sentences_of(client: Client, folder: Path) -> list[str]:
    """Returns the names of its tests in a folder, as sentences."""
    start = f"test_{client.prefix}"
    names = [
        node.name.removeprefix(start)
        for file in client.files
        if (folder / file).is_file()
        for node in ast.parse((folder / file).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(start)
    ]
    return [name.replace("_", " ") for name in names]
