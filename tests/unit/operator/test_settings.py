"""The operator's settings: read from the environment, refused when they make no sense."""

import pytest
from pydantic import ValidationError

from nemo_voice_operator.settings import (
    OperatorSettings,
    UnknownVariable,
    check_environment,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ()), ("speech", ("speech",)), ("speech, voices ,,", ("speech", "voices"))],
)
def test_namespaces_are_separated_by_commas(
    text: str, expected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_VOICE_OPERATOR_WATCHED", text)
    assert OperatorSettings().watched == expected


def test_empty_variable_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMO_VOICE_OPERATOR_WORKERS", "")
    assert OperatorSettings().workers == 8


def test_namespaces_may_be_a_sequence() -> None:
    assert OperatorSettings(watched=("a", "b")).watched == ("a", "b")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e300", "-1"])
@pytest.mark.parametrize("name", [one for one in OperatorSettings.model_fields if one[-2:] == "_s"])
def test_every_duration_is_finite_and_limited(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        OperatorSettings.model_validate({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("workers", "0"), ("lease_s", "1"), ("metrics_port", "70000"), ("log_level", "loud")],
)
def test_invalid_setting_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"NEMO_VOICE_OPERATOR_{name.upper()}", value)
    with pytest.raises(ValidationError, match=name):
        OperatorSettings()


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ("", ()),
        ("release=prometheus, team=voice", ("release=prometheus", "team=voice")),
        ("example.com/tier=", ("example.com/tier=",)),
    ],
)
def test_labels_of_monitors_are_separated_by_commas(
    reported: str, expected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_VOICE_OPERATOR_MONITOR_LABELS", reported)
    assert OperatorSettings().monitor_labels == expected


@pytest.mark.parametrize(
    "label",
    ["release", "=prometheus", "-a=b", "a=b=c", "a=b c", "nemo-voice.dev/a=b", "a" * 64 + "=b"],
)
def test_invalid_or_reserved_monitor_label_is_refused(label: str) -> None:
    with pytest.raises(ValidationError, match="monitor_labels"):
        OperatorSettings(monitor_labels=(label,))


def test_unknown_variable_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownVariable) as refused:
        check_environment({"PATH": "/bin", "NEMO_VOICE_OPERATOR_WATCHD": "speech"})
    reported = str(refused.value)
    assert reported.startswith(
        "The environment variable NEMO_VOICE_OPERATOR_WATCHD is not a setting."
    )
    assert "Did you mean NEMO_VOICE_OPERATOR_WATCHED?" in reported
    for name in OperatorSettings.model_fields:
        assert f"NEMO_VOICE_OPERATOR_{name.upper()}" in reported


def test_known_and_foreign_variables_are_accepted() -> None:
    known = {f"NEMO_VOICE_OPERATOR_{name.upper()}": "" for name in OperatorSettings.model_fields}
    check_environment({**known, "nemo_voice_operator_watched": "a", "NEMO_VOICE_PORT": "1"})
