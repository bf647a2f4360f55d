"""The operator's settings: read from the environment, refused when they make no sense."""

import pytest
from pydantic import ValidationError

from nemo_voice_operator.settings import OperatorSettings


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ()), ("speech", ("speech",)), ("speech, voices ,,", ("speech", "voices"))],
)
def test_namespaces_are_separated_by_commas(
    text: str, expected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_VOICE_OPERATOR_WATCHED", text)
    assert OperatorSettings().watched == expected


def test_what_is_set_to_nothing_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMO_VOICE_OPERATOR_WORKERS", "")
    assert OperatorSettings().workers == 8


def test_namespaces_may_be_given_as_they_are() -> None:
    assert OperatorSettings(watched=("a", "b")).watched == ("a", "b")


@pytest.mark.parametrize(
    ("name", "value"),
    [("workers", "0"), ("lease_s", "1"), ("metrics_port", "70000"), ("log_level", "loud")],
)
def test_nonsense_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"NEMO_VOICE_OPERATOR_{name.upper()}", value)
    with pytest.raises(ValidationError, match=name):
        OperatorSettings()
