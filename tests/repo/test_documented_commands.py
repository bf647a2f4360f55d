"""Each documented command is run by a test; each block that no test runs says why."""

import re
import shlex

import pytest

from nemo_voice_operator import __main__ as operator
from nemo_voice_serving.cli.settings_flags import settings_from
from nemo_voice_stt import __main__ as stt
from nemo_voice_stt.settings import SttSettings
from nemo_voice_tts import __main__ as tts
from nemo_voice_tts.settings import TtsSettings
from support.docs.documented import Block, command_blocks, commands
from support.docs.repository import ROOT, markdown_files, text_of

CI = ".ci/run"
IMAGES = "tests/container/test_images.py::test_speech_of_one_container_is_transcribed_by_the_other"
COMPOSE = "tests/container/test_compose.py"
SUPPLY = "tests/container/test_supply.py"
SERVES = "tests/model/test_services.py::test_the_first_versions_curl_lines_work_unchanged"
WITHOUT_SERVER = "tests/model/test_services.py::test_the_commands_without_a_server_agree_with_it"
CLUSTER = (
    "tests/e2e/test_on_kubernetes.py::test_kind_up_starts_both_services_and_kind_down_removes_them"
)
RELEASES = "tests/chart/test_releases.py::test_a_release_is_removed_without_the_objects_of_others"
LIFECYCLE = (
    "tests/e2e/test_lifecycle.py"
    "::test_a_release_is_upgraded_and_rolled_back_without_a_failed_request"
)
HELM = "tests/repo/test_documented_cluster.py::test_helm_accepts_the_documented_lines"
KUBECTL = "tests/repo/test_documented_cluster.py::test_kubectl_accepts_the_documented_lines"
CURL = "tests/repo/test_documented_curl.py::test_a_documented_curl_line_gets_a_good_response"
AIR_GAPPED = "tests/repo/test_air_gapped.py::test_models_fetched_outside_are_used_offline"
RELEASE = "tests/repo/test_release_check.py::test_this_tree_has_no_findings"

PYTHON = r"(?:\w+=\S+ )?\.venv/bin/python -m "
RUN_BY = {
    r"make (?:setup|demo|check|test)": CI,
    r"make images": IMAGES,
    r"make kind-(?:up|down)": CLUSTER,
    r"make release-check": RELEASE,
    r"make sbom": f"{SUPPLY}::test_the_bill_lists_the_pinned_packages",
    r"docker run --rm --read-only --tmpfs /tmp -p .*": IMAGES,
    r"docker image inspect .*": f"{SUPPLY}::test_an_image_has_the_labels_of_the_oci",
    r"docker compose -f compose.yaml -f compose.cpu.yaml up .*": (
        f"{COMPOSE}::test_the_two_lines_of_the_first_demo_work"
    ),
    r"docker compose --profile monitoring up .*": (
        f"{COMPOSE}::test_prometheus_reads_both_services_and_our_rules"
    ),
    r"curl .*": CURL,
    r"openssl rand -hex 32 > keys.txt": CURL,
    r"\(cd speech-models && tar --create .*": AIR_GAPPED,
    PYTHON + r"nemo_voice_(?:tts|stt) serve.*": SERVES,
    PYTHON + r"nemo_voice_tts say .*": WITHOUT_SERVER,
    PYTHON + r"nemo_voice_tts read .*": (
        "tests/unit/tts/test_read_command.py::test_the_documented_reading_is_what_is_read"
    ),
    PYTHON + r"nemo_voice_tts voices": (
        "tests/unit/tts/test_voices_command.py::test_the_one_voice_of_the_demo_is_printed"
    ),
    PYTHON + r"nemo_voice_stt transcribe (?!--live|.*--out).*": WITHOUT_SERVER,
    PYTHON + r"nemo_voice_stt transcribe .* --out .*": (
        "tests/model/test_archive_command.py::test_ten_recordings_are_transcribed_as_each_alone"
    ),
    PYTHON + r"nemo_voice_stt transcribe --live": (
        "tests/model/test_live_command.py::test_ctrl_c_ends_the_utterance_and_its_text_is_shown"
    ),
    PYTHON + r"nemo_voice_(?:tts|stt) fetch .*--result .*": AIR_GAPPED,
    PYTHON + r"nemo_voice_stt fetch --model nvidia/parakeet-tdt-1.1b": AIR_GAPPED,
    PYTHON + r"nemo_voice_stt inspect .*": (
        "tests/unit/serving/cli/test_inspect.py::test_recogniser_is_described_from_its_first_bytes"
    ),
    PYTHON + r"nemo_voice_stt check .*": (
        "tests/model/test_check_command.py"
        "::test_the_demo_models_are_loaded_without_the_device_that_serves"
    ),
    PYTHON + r"nemo_voice_operator crd apply": (
        "tests/operator/test_definition_command.py::test_the_command_defines_the_resource"
    ),
    PYTHON + r"nemo_voice_operator run": (
        "tests/operator/test_process.py::test_operator_works_with_exactly_its_roles"
    ),
    r"export NEMO_VOICE_OPERATOR_IMAGE_\w+=.*": (
        "tests/chart/test_releases.py::test_the_operator_works_with_the_rights_and_settings_of_the_chart"
    ),
    r"helm (?:install|upgrade|template) .*": HELM,
    r"helm test .*": CLUSTER,
    r"helm rollback .*": LIFECYCLE,
    r"helm uninstall .*": RELEASES,
    r"kubectl .*": KUBECTL,
}
"""Patterns of commands, and the test that runs them or does the same."""


def patterns_of(command: str) -> list[str]:
    return [pattern for pattern in RUN_BY if re.fullmatch(pattern, command)]


def test_every_documented_command_is_run_by_one_test() -> None:
    found = {command: len(patterns_of(command)) for command in commands()}
    assert {command: count for command, count in found.items() if count != 1} == {}


def test_every_pattern_matches_a_documented_command() -> None:
    used = {pattern for command in commands() for pattern in patterns_of(command)}
    assert set(RUN_BY) - used == set()


def test_the_tests_that_run_commands_exist() -> None:
    ci = text_of(ROOT / CI)
    for pattern, place in RUN_BY.items():
        path, _, name = place.partition("::")
        if path == CI:
            targets = re.findall(r"[a-z]+(?=[|)])", pattern)
            assert targets
            assert [target for target in targets if f"step make {target}\n" not in f"{ci}\n"] == []
        else:
            assert f"def {name}(" in text_of(ROOT / path), place


@pytest.mark.parametrize("block", [one for one in command_blocks() if one.reason], ids=str)
def test_a_block_that_nothing_runs_says_why(block: Block) -> None:
    assert block.reason
    assert len(block.reason.split()) >= 4
    for named in re.findall(r"tests/[\w/]+(?:\.py)?", block.reason):
        assert (ROOT / named).exists(), named


def test_every_not_run_mark_is_directly_above_a_block_of_commands() -> None:
    mark = re.compile(r"^ *<!-- not run:", re.MULTILINE)
    marks = sum(len(mark.findall(text_of(page))) for page in markdown_files())
    assert marks == len([block for block in command_blocks() if block.reason])


def test_no_command_stands_outside_a_fenced_block() -> None:
    typed = re.compile(
        r"^ {4}(?:make|docker|kubectl|helm|curl|python|\.venv/bin/)\b.*$", re.MULTILINE
    )
    escaped = [
        f"{page}: {found}"
        for page in markdown_files()
        for found in typed.findall(
            re.sub(r"^( *)```.*?^\1```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
        )
    ]
    assert escaped == []


@pytest.mark.parametrize(
    "command",
    [
        command
        for block in command_blocks()
        for command in block.commands
        if "-m nemo_voice_" in command
    ],
)
def test_our_programs_accept_the_documented_flags(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(command)
    while "=" in words[0]:
        monkeypatch.setenv(*words.pop(0).split("=", 1))
    _python, _m, module, *arguments = words
    match module:
        case "nemo_voice_tts":
            settings_from(tts.PROGRAM.parser().parse_args(arguments), TtsSettings)
        case "nemo_voice_stt":
            settings_from(stt.PROGRAM.parser().parse_args(arguments), SttSettings)
        case "nemo_voice_operator":
            operator._parser().parse_args(arguments)
        case _:
            pytest.fail(f"no such program: {module}")
