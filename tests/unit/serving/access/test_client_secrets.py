"""Client secrets that were not made here."""

import base64

import pytest

from nemo_voice_serving.access.client_secrets import ClientSecret, issue, read, signer_of

DIGEST = bytes(range(32))


def written(content: str) -> str:
    """Returns a secret with this content and no signature of anybody."""
    return f"ek_{base64.urlsafe_b64encode(bytes(32) + content.encode()).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "7",
        "[]",
        "{}",
        '{"exp": 1e999, "session": {}}',
        '{"exp": NaN, "session": {}}',
        '{"exp": [], "session": {}}',
        '{"exp": 7, "session": 7}',
        "[" * 4000,
    ],
)
def test_what_is_no_secret_says_nothing(content: str) -> None:
    assert read(written(content)) is None
    assert signer_of(written(content), [DIGEST]) is None


def test_a_secret_tells_its_signer_alone() -> None:
    value = issue(ClientSecret(2**40, {"include": []}), DIGEST)
    assert read(value) == ClientSecret(2**40, {"include": []})
    assert signer_of(value, [bytes(32), DIGEST]) == DIGEST
    assert signer_of(value, [bytes(32)]) is None
