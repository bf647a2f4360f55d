"""The JSON objects of a fetch: their form, their size, and the secrets they leave out."""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_serving.cli.fetch_report import RESULT_BYTES, FetchReport, Interrupted, redacted
from nemo_voice_serving.model_kinds.judgement import judged
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store.errors import FailureReason, ModelNotFound
from nemo_voice_serving.model_store.progress import Phase, Progress
from nemo_voice_serving.model_store.reference import ModelKind, ModelReference
from nemo_voice_serving.model_store.store import StoredModel
from support.models.look_alikes import config_of

CACHE = Path("/cache")


@pytest.fixture
def report() -> FetchReport:
    """A report of a run that began two seconds ago."""
    times_s = iter((10.0, 12.0))
    return FetchReport(CACHE, "model", lambda: next(times_s), secrets=("s3cret", ""))


def stored(source: str = "nvidia/voice", directory: Path = CACHE / "hub--voice@aa") -> StoredModel:
    kind = ModelKind.HTTPS if "://" in source else ModelKind.HUB
    return StoredModel(
        directory=directory,
        reference=ModelReference(kind, source),
        revision="a" * 40,
        sha256="b" * 64,
        size_bytes=5,
        seconds=1.23456,
    )


def test_success_lists_the_checkpoints_in_order(report: FetchReport) -> None:
    report.finished(stored())
    report.begin("vocoder")
    report.finished(stored("https://example.org/a.nemo?signature=1", Path("/mine/folder")))
    written = json.loads(report.success())
    assert written == {
        "checkpoints": [
            {
                "role": "model",
                "source": "nvidia/voice",
                "revision": "a" * 40,
                "sha256": "b" * 64,
                "bytes": 5,
                "directory": "hub--voice@aa",
                "seconds": 1.235,
            },
            {
                "role": "vocoder",
                "source": "https://example.org/a.nemo",
                "revision": "a" * 40,
                "sha256": "b" * 64,
                "bytes": 5,
                "directory": None,
                "seconds": 1.235,
            },
        ],
        "seconds": 2.0,
    }


def test_failure_names_reason_message_and_checkpoint(report: FetchReport) -> None:
    report.begin("vocoder")
    written = json.loads(
        report.failure(ModelNotFound("There is none.", advice="Check its spelling."))
    )
    assert written == {
        "error": {
            "reason": "ModelNotFound",
            "message": "There is none.",
            "advice": "Check its spelling.",
            "checkpoint": "vocoder",
        }
    }


def test_an_unexpected_error_is_written_with_its_class(report: FetchReport) -> None:
    written = json.loads(report.failure(RuntimeError("no s3cret here")))["error"]
    assert written["reason"] == FailureReason.UNEXPECTED_ERROR
    assert written["message"] == "RuntimeError: no … here"


def test_an_interruption_has_its_own_reason(report: FetchReport) -> None:
    written = json.loads(report.failure(Interrupted("SIGTERM", 143)))["error"]
    assert written["reason"] == "Interrupted"
    assert "SIGTERM" in written["message"]


def test_progress_names_the_checkpoint_and_the_bytes(report: FetchReport) -> None:
    report.begin("vocoder")
    report.progressed(Progress(Phase.DOWNLOADING, 3, 9, 0.5))
    assert json.loads(report.progress()) == {
        "checkpoint": "vocoder",
        "phase": "downloading",
        "doneBytes": 3,
        "totalBytes": 9,
        "seconds": 2.0,
    }


def test_progress_before_anything_is_known_has_no_total(report: FetchReport) -> None:
    written = json.loads(report.progress())
    assert (written["checkpoint"], written["phase"], written["totalBytes"]) == (
        "model",
        "resolving",
        None,
    )


@pytest.mark.parametrize(
    "character",
    ["x", "é", "語", "🎤", '"', "\n", "\x00"],
    ids=["x", "é", "kanji", "emoji", "quote", "line", "nul"],
)
@pytest.mark.parametrize("length", [3800, 3999, 4000, 4001, 20_000])
def test_a_long_message_is_cut_to_fit_between_two_characters(
    report: FetchReport, character: str, length: int
) -> None:
    result = report.failure(ModelNotFound(character * length))
    message = json.loads(result)["error"]["message"]
    assert len(result) <= RESULT_BYTES
    assert message.rstrip("…").strip(character) == ""
    if message != character * length:
        assert message.endswith("…")
        assert len(result) > RESULT_BYTES - 16


def test_a_message_that_just_fits_is_whole(report: FetchReport) -> None:
    empty = len(report.failure(ModelNotFound("")))
    message = "x" * (RESULT_BYTES - empty)
    result = report.failure(ModelNotFound(message))
    assert len(result) == RESULT_BYTES
    assert json.loads(result)["error"]["message"] == message


def test_long_sources_are_cut_and_digests_are_not(report: FetchReport) -> None:
    for role in ("model", "vocoder"):
        report.begin(role)
        report.finished(stored(f"https://example.org/{'long/' * 1000}a.nemo"))
    result = report.success()
    assert len(result) <= RESULT_BYTES
    for checkpoint in json.loads(result)["checkpoints"]:
        assert checkpoint["source"].endswith("…")
        assert checkpoint["sha256"] == "b" * 64


def test_bytes_of_a_path_that_are_not_text_are_replaced(report: FetchReport) -> None:
    result = report.failure(ModelNotFound("/models/\udcff.nemo cannot be read."))
    assert json.loads(result)["error"]["message"] == "/models/?.nemo cannot be read."


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("the token s3cret is wrong", "the token … is wrong"),
        ("Illegal header b'Bearer abc.def-1'", "Illegal header b'Bearer …'"),
        (f"hf_{'a1' * 17} is refused", "hf_… is refused"),
        ("nvidia/hf_voice is no secret", "nvidia/hf_voice is no secret"),
        ("'https://a.org/b.nemo?X-Amz-Signature=1&b=2' failed", "'https://a.org/b.nemo' failed"),
        ("https://me:word@a.org/b.nemo failed", "https://a.org/b.nemo failed"),
        ("Write https://….nemo or file:///….nemo.", "Write https://….nemo or file:///….nemo."),
    ],
)
def test_text_that_looks_like_a_secret_is_left_out(message: str, left: str) -> None:
    assert redacted(message, ("s3cret", "")) == left


def test_facts_of_a_model_fit_into_the_result_whatever_it_says(report: FetchReport) -> None:
    codes = map("".join, product("abcdefghi", "abcdefghijklmn"))
    locales: dict[str, Any] = {f"{code}-Latn-{number:08}": {} for number, code in enumerate(codes)}
    content = config_of("nvidia/parakeet-tdt-1.1b", tokenizer={"type": "agg", "langs": locales})
    facts = judged(content, Role.RECOGNISER)
    assert len(facts.languages) == len(locales)
    report.finished(replace(stored("https://example.org/" + "x" * 3000 + ".nemo"), facts=facts))
    written = report.success()
    assert len(written) <= RESULT_BYTES
    assert json.loads(written)["checkpoints"][0]["languages"][0] == "aa-Latn-00000000"
