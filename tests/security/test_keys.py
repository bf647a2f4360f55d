"""Keys are compared in constant time: every known key with the sent one, whichever it is."""

import ast
import hmac
import inspect
from pathlib import Path

import pytest

from nemo_voice_serving.access import api_keys
from nemo_voice_serving.access.api_keys import ApiKeys

KEYS = [f"key-{number}".encode() for number in range(20)]


@pytest.fixture
def keys(tmp_path: Path) -> ApiKeys:
    """Twenty keys from a file."""
    file = tmp_path / "keys"
    file.write_bytes(b"\n".join(KEYS))
    return ApiKeys(file)


@pytest.mark.parametrize("sent", [*KEYS[::6], b"", b"key-", b"key-19x", b"x" * 10_000])
def test_each_key_is_compared_whole_whichever_is_sent(
    keys: ApiKeys, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    assert (keys.admit(sent) is not None) == (sent in KEYS)
    assert len(compared) == len(KEYS)
    # Digests: of one length, so that not even the length of a key matters.
    assert {len(part) for pair in compared for part in pair} == {32}


def test_no_other_comparison_touches_what_was_sent() -> None:
    tree = ast.parse(inspect.getsource(api_keys))
    (admit,) = [
        one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name == "admit"
    ]
    assert not [one for one in ast.walk(admit) if isinstance(one, ast.Compare)]
    # `any` over a list that is complete, never over a generator, which would end at the first.
    assert not [one for one in ast.walk(admit) if isinstance(one, ast.GeneratorExp)]


def test_the_keys_themselves_are_not_kept(keys: ApiKeys) -> None:
    kept = repr(vars(keys))
    assert not [key for key in KEYS if repr(key) in kept or key.decode() in kept]
