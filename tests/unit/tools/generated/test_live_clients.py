"""The tables of live clients: each line is what the tests configure, with the documented ports."""

import ast
from pathlib import Path

import pytest

from tools.generated.live_clients import CLIENTS, configurations_of, line_of


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("STT(server=stt_grpc, use_ssl=False)", 'STT(server="localhost:50052", use_ssl=False)'),
        ("STT(url=f'http://{stt}/v1')", 'STT(url="http://localhost:5001/v1")'),
        (
            "{'URL': f'http://{tts}/v1', 'VOICES': 'alloy'}",
            "URL=http://localhost:5000/v1 VOICES=alloy",
        ),
        ("{'params': {'base': f'http://{stt}'}}", '{"params": {"base": "http://localhost:5001"}}'),
    ],
)
def test_addresses_stand_in_the_place_of_parameters(written: str, shown: str) -> None:
    assert line_of(ast.parse(written, mode="eval").body) == shown


def test_each_function_of_a_configuration_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "configuration.py"
    path.write_text('import x\ndef one(stt):\n    """Returns a thing."""\n    return x(stt)\n')
    assert [*configurations_of(path)] == [("a thing", '`x("localhost:5001")`')]


def test_every_client_is_tested_and_pinned() -> None:
    for one in CLIENTS:
        assert one.sentences()
        assert one.version() != "any"
