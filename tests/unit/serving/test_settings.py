"""Settings refuse what they do not know, and flags win over variables."""

import argparse

import pytest

from nemo_voice_serving.cli.settings_flags import add_settings_flags, settings_from
from nemo_voice_serving.environment import UnknownVariable, check_environment, variable_names
from nemo_voice_serving.setting_fields import leaf_fields
from nemo_voice_serving.settings import ServiceSettings


def parsed(*flags: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_settings_flags(parser, ServiceSettings)
    return parser.parse_args(flags)


def test_a_misspelt_variable_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownVariable, match=r"NEMO_VOICE_MODLE.*NEMO_VOICE_MODEL\?"):
        check_environment(ServiceSettings, {"NEMO_VOICE_MODLE": "demo"})


def test_a_misspelt_nested_variable_is_refused() -> None:
    with pytest.raises(UnknownVariable, match="NEMO_VOICE_BATCHING__MAX_ITEMS"):
        check_environment(ServiceSettings, {"NEMO_VOICE_BATCHING__MAXITEMS": "4"})


def test_a_variable_of_a_renamed_group_is_refused_with_the_same_field_of_other_groups() -> None:
    with pytest.raises(UnknownVariable, match=r"mean NEMO_VOICE_SELF_TEST__IDLE_S\?"):
        check_environment(ServiceSettings, {"NEMO_VOICE_CANARY__IDLE_S": "4"})
    with pytest.raises(UnknownVariable, match="NEMO_VOICE_SELF_TEST__TIMEOUT_S"):
        check_environment(ServiceSettings, {"NEMO_VOICE_CANARY__TIMEOUT_S": "4"})


def test_variables_with_other_prefixes_are_ignored() -> None:
    environment = {"NEMO_VOICE_DEV_CACHE": "x", "NEMO_VOICE_OPERATOR_X": "y", "PATH": "/bin"}
    check_environment(ServiceSettings, environment)


def test_a_variable_that_resembles_no_setting_is_refused_without_a_suggestion() -> None:
    with pytest.raises(UnknownVariable) as refused:
        check_environment(ServiceSettings, {"NEMO_VOICE_QQQQQQQQQQQQ": "1"})
    assert "Did you mean" not in str(refused.value)


def test_every_field_is_a_variable_and_a_flag() -> None:
    assert "NEMO_VOICE_BATCHING__MAX_WAIT_MS" in variable_names(ServiceSettings)
    settings = settings_from(
        parsed("--batching-max-wait-ms", "7", "--model", "x/y"), ServiceSettings
    )
    assert settings.batching.max_wait_ms == 7
    assert settings.batching.max_items == ServiceSettings().batching.max_items
    assert settings.model == "x/y"


def test_a_flag_wins_over_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMO_VOICE_MODEL", "from/variable")
    monkeypatch.setenv("NEMO_VOICE_BATCHING__MAX_ITEMS", "5")
    settings = settings_from(parsed("--batching-max-wait-ms", "7"), ServiceSettings)
    assert settings.model == "from/variable"
    assert settings.batching.max_items == 5
    assert settings_from(parsed("--model", "demo"), ServiceSettings).model == "demo"


@pytest.mark.parametrize("given", ["https://a.example, https://b.example", "*,"])
def test_a_flag_means_what_its_variable_means(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    by_flag = settings_from(parsed("--cors-origins", given), ServiceSettings)
    monkeypatch.setenv("NEMO_VOICE_CORS_ORIGINS", given)
    assert by_flag == ServiceSettings()


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (("--batching-max-items", "0"), "--batching-max-items (NEMO_VOICE_BATCHING__MAX_ITEMS)"),
        (("--device", "tpu"), "--device (NEMO_VOICE_DEVICE)"),
        (("--model-sha256", "abc"), "--model-sha256"),
    ],
)
def test_an_invalid_value_exits_with_the_flag_and_the_variable(
    flags: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        settings_from(parsed(*flags), ServiceSettings)
    assert complaint in str(ended.value)


def test_a_number_beyond_its_limits_exits_with_both_of_them() -> None:
    with pytest.raises(SystemExit, match="got '1e300'; it must be at least 1 and at most 3,600"):
        settings_from(parsed("--drain-timeout-s", "1e300"), ServiceSettings)


DURATIONS = {
    ".".join(path): field
    for path, field in leaf_fields(ServiceSettings)
    if path[-1].endswith(("_s", "_ms", "_per_minute"))
}


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e300", "-1"])
@pytest.mark.parametrize("name", DURATIONS)
def test_every_duration_is_finite_and_limited(name: str, value: str) -> None:
    flag = "--" + name.replace(".", "-").replace("_", "-")
    with pytest.raises(SystemExit, match=rf"{flag} .*; it must be at least .* and at most"):
        settings_from(parsed(f"{flag}={value}"), ServiceSettings)


def test_an_unknown_variable_exits_with_a_suggestion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMO_VOICE_MODLE", "x")
    with pytest.raises(SystemExit, match="NEMO_VOICE_MODEL"):
        settings_from(parsed(), ServiceSettings)


def test_every_setting_has_a_description() -> None:
    def undocumented(model: type) -> list[str]:
        fields = getattr(model, "model_fields", {})
        return [name for name, field in fields.items() if not field.description]

    assert undocumented(ServiceSettings) == []


@pytest.mark.parametrize("given", ["certificate", "key"])
def test_a_certificate_without_its_key_is_refused_and_the_other_way_round(
    given: str,
) -> None:
    with pytest.raises(SystemExit, match=r"TLS__\w+_FILE is of no use alone: set NEMO_VOICE_TLS__"):
        settings_from(parsed(f"--tls-{given}-file", "/tls/file"), ServiceSettings)
