"""Each command of the README is run by something, or says here why it is not."""

import re
from pathlib import Path

from support.repository import blocks_of, text_of

CI = ".ci/run"
SPEAKS = (
    "tests/container/test_images.py::test_the_container_speaks_and_the_other_one_understands_it"
)
ON_ONE_HOST = "tests/container/test_compose.py::test_the_two_lines_of_the_first_demo_work"
CURL = "tests/model/test_services.py::test_the_first_versions_curl_lines_work_unchanged"
WITHOUT_SERVER = "tests/model/test_services.py::test_the_commands_without_a_server_agree_with_it"
INSTALLS = (
    "tests/chart/test_releases.py::test_a_release_lives_and_goes_and_leaves_what_is_not_its_own"
)
SAMPLES = "tests/operator/test_definition.py::test_every_sample_is_accepted"

RUN_BY = {
    r"make demo": CI,
    r"make test": CI,
    r"make images": SPEAKS,
    r"docker run --rm --read-only .*": SPEAKS,
    r"docker compose -f compose.yaml -f compose.cpu.yaml up .*": ON_ONE_HOST,
    r"curl -X POST .*": CURL,
    r"\.venv/bin/python -m nemo_voice_(tts|stt) serve": CURL,
    r"helm install nemo-voice .*": INSTALLS,
    r"kubectl apply -f manifests/samples/.*": SAMPLES,
    r"\.venv/bin/python -m nemo_voice_tts say .*": WITHOUT_SERVER,
    r"\.venv/bin/python -m nemo_voice_stt transcribe .*": WITHOUT_SERVER,
}
"""Commands, and what runs them or the same thing."""

NOT_RUN = {
    r"docker run --rm --gpus all .*": "wants a GPU in Docker and gigabytes of NVIDIA's models",
}
"""Commands that nothing here runs, and why."""


def commands() -> list[str]:
    return [
        line
        for block in blocks_of(text_of(Path("README.md")), "bash")
        for line in block.splitlines()
        if line.strip()
    ]


def patterns_of(command: str) -> list[str]:
    return [pattern for pattern in (*RUN_BY, *NOT_RUN) if re.fullmatch(pattern, command)]


def test_every_command_of_the_readme_is_accounted_for_once() -> None:
    assert {command: len(patterns_of(command)) for command in commands()} == dict.fromkeys(
        commands(), 1
    )


def test_no_command_is_accounted_for_that_the_readme_lacks() -> None:
    used = {pattern for command in commands() for pattern in patterns_of(command)}
    assert used == {*RUN_BY, *NOT_RUN}


def test_what_is_said_to_run_a_command_exists() -> None:
    ci = text_of(Path(CI))
    for pattern, place in RUN_BY.items():
        path, _, name = place.partition("::")
        if path == CI:
            assert f"step {pattern}" in ci
        else:
            assert f"def {name}(" in text_of(Path(path))
