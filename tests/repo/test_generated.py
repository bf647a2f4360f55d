"""The generated parts of the documentation are up to date."""

import pytest

from nemo_voice_serving.settings import ServiceSettings
from nemo_voice_tts.settings import TtsSettings
from support.docs.repository import ROOT, markdown_files, text_of
from tools.generated import generate
from tools.generated.tables import parts, settings_table
from tools.generated.voiceservice import spec_reference, status_reference

MADE = {"answer": lambda: "42\n"}


def test_no_document_differs_from_the_code() -> None:
    assert [str(path.relative_to(ROOT)) for path in generate.outdated()] == []


def test_every_part_stands_in_a_document() -> None:
    used = {
        marked[2] for path in markdown_files() for marked in generate.MARKED.finditer(text_of(path))
    }
    assert used == set(parts(makefile=""))


def test_what_lies_between_the_markers_is_replaced_and_nothing_else() -> None:
    text = "before\n<!-- generated: answer -->\n41\nand more\n<!-- /generated -->\nafter\n"
    made = generate.rewritten(text, MADE)
    assert made == "before\n<!-- generated: answer -->\n42\n<!-- /generated -->\nafter\n"
    assert generate.rewritten(made, MADE) == made


def test_a_marker_of_an_unknown_part_is_an_error() -> None:
    text = "<!-- generated: question -->\n<!-- /generated -->\n"
    with pytest.raises(generate.UnknownPartError, match="question"):
        generate.rewritten(text, MADE)


def test_the_check_names_what_differs_and_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ROOT / "docs" / "configuration.md"
    before = page.read_bytes()
    monkeypatch.setattr(generate, "outdated", lambda: {page: "other"})
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out.startswith("docs/configuration.md differs")
    assert page.read_bytes() == before


def test_a_setting_is_shown_with_bounds_and_without_this_machines_paths() -> None:
    rows = settings_table(ServiceSettings)
    assert "`NEMO_VOICE_BATCHING__MAX_ITEMS`<br>`--batching-max-items`" in rows
    assert "whole number, ≥ 1, ≤ 256 | `16`" in rows
    assert "| `~/.cache/nemo-voice/models` |" in rows


def test_a_services_table_leaves_out_the_common_settings() -> None:
    rows = settings_table(TtsSettings, without=ServiceSettings)
    assert "`--vocoder`" in rows
    assert "`--model`" not in rows


def test_a_field_is_shown_with_type_limits_and_default() -> None:
    page = spec_reference()
    assert "| `task` | `tts` or `stt` | **required** |" in page
    assert "| `replicas` | integer, ≥ 0, ≤ 1000 | `1`, shown |" in page
    assert "| `upWindowSeconds` | integer, ≥ 0, ≤ 3600 | `15` |" in page
    assert "| `target` | [object](#specscalingtarget) | `{inFlight: 8}` |" in page


def test_validation_rules_are_shown_with_the_messages_of_the_api_server() -> None:
    assert "- scaling.min must not be greater than scaling.max\n" in spec_reference()


def test_an_object_used_in_several_places_is_described_once() -> None:
    page = spec_reference()
    assert page.count("### spec.model, spec.vocoder\n") == 1
    assert "### spec.vocoder\n" not in page


def test_a_status_has_no_defaults() -> None:
    assert "| field | type | what it is |" in status_reference()
    assert "default" not in status_reference()
