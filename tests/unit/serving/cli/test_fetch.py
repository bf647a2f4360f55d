"""The `fetch` command against a hub on loopback: its result, and each reason to fail."""

import errno
import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from nemo_voice_serving.cli.fetch import REFUSED_STATUS, run_fetch
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store.checkpoints import Checkpoint, facts_for
from nemo_voice_serving.model_store.errors import REFUSALS, ModelDownloadFailed
from nemo_voice_serving.model_store.errors import FailureReason as Reason
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.store import RetryPolicy, StoredModel, parse_reference
from nemo_voice_serving.nemo.weights_check import code_in
from support.hub.server import TOKEN, Fault, Hub
from support.models.checkpoints import nemo_file, tar_of, weights
from support.models.look_alikes import archive_of
from support.models.stores import store_of
from support.ports import free_port

NAME = "nvidia/tts_voice"
VOCODER = "nvidia/tts_vocoder"
CONTENT = nemo_file()
OTHER = nemo_file(weight_bytes=90_000)
COMMIT = "a" * 40
ONCE: dict[str, Any] = {"retry_policy": RetryPolicy(tries=1)}


@dataclass
class Attempt:
    """The model that a fetch wants, and the options of its store."""

    source: str = NAME
    revision: str | None = None
    sha256: str | None = None
    endpoint: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def voice(hub: Hub) -> Hub:
    """The hub with a model and a vocoder, and the model as a plain file."""
    hub.add(NAME, {"tts_voice.nemo": CONTENT}, commit=COMMIT)
    hub.add(VOCODER, {"tts_vocoder.nemo": OTHER}, commit=COMMIT)
    hub.files["voice.nemo"] = CONTENT
    return hub


def checkpoint(role: str, source: str, revision: str | None = None) -> Checkpoint:
    wants = Role.VOCODER if role == "vocoder" else Role.VOICE
    return Checkpoint(role, source, revision, None, f"{role}.nemo", wants)


def resolving(
    root: Path, endpoint: str, **options: Any
) -> Callable[[Checkpoint, Callable[[Progress], None]], StoredModel]:
    """Returns a function that resolves a checkpoint in a store below the root."""

    def resolve(wanted: Checkpoint, progress: Callable[[Progress], None]) -> StoredModel:
        reference = parse_reference(wanted.source, wanted.revision, wanted.sha256)
        return store_of(root, endpoint, progress=progress, code_in=code_in, **options).resolve(
            reference
        )

    return resolve


def kept_bytes(cache: Path) -> int:
    return sum(path.stat().st_size for path in cache.glob(".work/*/download.nemo"))


def failure_of(attempt: Attempt, hub: Hub, root: Path) -> dict[str, str]:
    """Returns the error in the result of a fetch that ends with its message."""
    result = root / "result.json"
    revision, sha256 = attempt.revision, attempt.sha256
    wanted = Checkpoint("model", attempt.source, revision, sha256, "demo.nemo", Role.VOICE)
    resolve = resolving(root / "cache", attempt.endpoint or hub.url, **attempt.options)
    with pytest.raises(SystemExit, match=rf"^(error: .*|{REFUSED_STATUS})") as ended:
        run_fetch((wanted,), resolve, cache=root / "cache", result=result)
    written = json.loads(result.read_bytes())
    assert set(written) == {"error"}
    error: dict[str, str] = written["error"]
    assert (ended.value.code == REFUSED_STATUS) is (error["reason"] in REFUSALS)
    assert set(error) == {"reason", "message", "advice", "checkpoint"}
    # Whoever started it may set no variable: that is advice for a command line.
    assert re.search("HF_TOKEN|HF_ENDPOINT|NEMO_VOICE_|[Rr]un it again", error["message"]) is None
    return error


def _private(hub: Hub, root: Path) -> Attempt:
    hub.repositories[NAME].private = True
    return Attempt()


def _refused(hub: Hub, root: Path) -> Attempt:
    hub.statuses.append(("/api", 403))
    return Attempt()


def _unavailable(hub: Hub, root: Path) -> Attempt:
    hub.statuses.extend([("/api", 503)] * 20)
    return Attempt()


def _silent(hub: Hub, root: Path) -> Attempt:
    hub.faults.append(Fault(50_000, stalls=True))
    return Attempt(options=ONCE | {"read_timeout_s": 0.2})


def _cut(hub: Hub, root: Path) -> Attempt:
    hub.faults.append(Fault(50_000))
    return Attempt(options=ONCE)


def _no_hub(hub: Hub, root: Path) -> Attempt:
    hub.statuses.append(("/api", 200))
    return Attempt()


def _leading_elsewhere(hub: Hub, root: Path) -> Attempt:
    hub.statuses.append(("/files/", 302))
    hub.response_headers["Location"] = "http://models.example.org/voice.nemo"
    return Attempt(source=f"{hub.url}/files/voice.nemo")


def _two_checkpoints(hub: Hub, root: Path) -> Attempt:
    hub.add(NAME, {"one.nemo": CONTENT, "two.nemo": OTHER})
    return Attempt()


def _damaged(hub: Hub, root: Path) -> Attempt:
    failure_of(_cut(hub, root), hub, root)
    (part,) = (root / "cache" / ".work").glob("*/download.nemo")
    part.write_bytes(bytes(50_000))
    return Attempt()


def _holding(content: bytes) -> Callable[[Hub, Path], Attempt]:
    def prepare(hub: Hub, root: Path) -> Attempt:
        hub.add(NAME, {"tts_voice.nemo": content}, commit="b" * 40)
        return Attempt()

    return prepare


def _judged(name: str, **changed: Any) -> Callable[[Hub, Path], Attempt]:
    def prepare(hub: Hub, root: Path) -> Attempt:
        hub.add(NAME, {"tts_voice.nemo": archive_of(name, **changed)}, commit="c" * 40)
        return Attempt(options={"judge": partial(facts_for, checkpoint("model", NAME))})

    return prepare


def _endless_link(hub: Hub, root: Path) -> Attempt:
    (root / "loop.nemo").symlink_to(root / "loop.nemo")
    return Attempt(source=f"file://{root}/loop.nemo")


def _file_for_a_cache(hub: Hub, root: Path) -> Attempt:
    (root / "cache").write_text("a file")
    return Attempt()


FAILURES: dict[Reason, Callable[[Hub, Path], Attempt]] = {
    Reason.INVALID_MODEL_REFERENCE: lambda *_: Attempt(source="voice"),
    Reason.HUB_UNAUTHORIZED: _private,
    Reason.HUB_FORBIDDEN: _refused,
    Reason.MODEL_NOT_FOUND: lambda *_: Attempt(source="a/b", options={"token": TOKEN}),
    Reason.REVISION_NOT_FOUND: lambda *_: Attempt(revision="v9"),
    Reason.CHECKPOINT_NOT_FOUND: _two_checkpoints,
    Reason.FILE_NOT_FOUND: lambda *_: Attempt(source="file:///nothing.nemo"),
    Reason.FILE_UNREADABLE: _endless_link,
    Reason.HUB_UNREACHABLE: lambda *_: Attempt(endpoint="http://127.0.0.1:9"),
    Reason.HUB_TIMEOUT: _silent,
    Reason.HUB_UNAVAILABLE: _unavailable,
    Reason.CONNECTION_CUT: _cut,
    Reason.UNEXPECTED_RESPONSE: _no_hub,
    Reason.INSECURE_ADDRESS: _leading_elsewhere,
    Reason.OFFLINE_MISSING: lambda *_: Attempt(options={"offline": True}),
    Reason.DIGEST_MISMATCH: lambda *_: Attempt(sha256="ab" * 32),
    Reason.DOWNLOAD_DAMAGED: _damaged,
    Reason.NOT_NEMO_ARCHIVE: _holding(b"<html>Not found</html>"),
    Reason.UNSAFE_ARCHIVE: _holding(tar_of({"../model_config.yaml": b"a"})),
    Reason.UNSAFE_PICKLE: _holding(
        nemo_file({"./other.ckpt": weights(pickled=b"\x80\x02cos\nsystem\n.")})
    ),
    Reason.UNSUPPORTED_MODEL: _judged("nvidia/magpie_tts_multilingual_357m"),
    Reason.UNSAFE_CONFIG: _judged("nvidia/tts_en_fastpitch", codecmodel_path="evil/codec"),
    Reason.NO_SPACE: lambda *_: Attempt(options={"free": lambda _: 1000}),
    Reason.CACHE_UNUSABLE: _file_for_a_cache,
}
TESTED_ELSEWHERE = {
    Reason.HUB_UNTRUSTED,  # in tests/service/test_private_authority.py
    Reason.CA_BUNDLE_UNUSABLE,  # in tests/service/test_private_authority.py
    Reason.CACHE_DAMAGED,  # in test_check.py
    Reason.CACHE_READ_ONLY,  # below, on a disk of its own
    Reason.CACHE_FORBIDDEN,  # below, as another user
    Reason.INTERRUPTED,  # below
    Reason.UNEXPECTED_ERROR,  # below
}


@pytest.mark.parametrize(("reason", "prepare"), FAILURES.items(), ids=FAILURES)
def test_each_failure_has_its_reason(
    voice: Hub, tmp_path: Path, reason: Reason, prepare: Callable[[Hub, Path], Attempt]
) -> None:
    error = failure_of(prepare(voice, tmp_path), voice, tmp_path)
    assert error["reason"] == reason
    assert error["checkpoint"] == "model"
    assert len(error["message"]) > 20


def test_every_reason_has_a_test() -> None:
    assert set(FAILURES) | TESTED_ELSEWHERE == set(Reason)


def test_a_gated_model_is_forbidden_with_or_without_an_account(voice: Hub, tmp_path: Path) -> None:
    voice.repositories[NAME].gated = True
    error = failure_of(Attempt(), voice, tmp_path)
    assert (error["reason"], "Accept its terms" in error["advice"]) == ("HubForbidden", True)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, Reason.HUB_UNAUTHORIZED), (403, Reason.HUB_FORBIDDEN), (404, Reason.MODEL_NOT_FOUND)],
)
def test_a_file_server_fails_with_the_same_reasons(
    voice: Hub, tmp_path: Path, status: int, reason: Reason
) -> None:
    voice.statuses.append(("/files/", status))
    attempt = Attempt(source=f"{voice.url}/files/voice.nemo?signature=s3cret")
    error = failure_of(attempt, voice, tmp_path)
    assert error["reason"] == reason
    assert "s3cret" not in error["message"]


@pytest.mark.parametrize("disk", ["160k"], indirect=True)  # half of a model's download
def test_a_full_filesystem_is_the_reason(voice: Hub, tmp_path: Path, disk: Path) -> None:
    (tmp_path / "cache").symlink_to(disk)
    error = failure_of(Attempt(options={"free": lambda _: 10**9}), voice, tmp_path)
    assert (error["reason"], "became full" in error["message"]) == ("NoSpace", True)


@pytest.mark.parametrize("disk", ["1m"], indirect=True)
def test_a_read_only_cache_is_the_reason(voice: Hub, tmp_path: Path, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    (tmp_path / "cache").symlink_to(disk)
    error = failure_of(Attempt(), voice, tmp_path)
    assert error["reason"] == Reason.CACHE_READ_ONLY


def test_a_cache_of_another_user_is_the_reason(voice: Hub, tmp_path: Path) -> None:
    def refuse(_: object) -> None:
        # The kernel's error for a user without rights; tests may run as root.
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "cache").mkdir()
    error = failure_of(Attempt(options=ONCE | {"free": refuse}), voice, tmp_path)
    assert error["reason"] == Reason.CACHE_FORBIDDEN


def test_the_result_lists_each_checkpoint(
    voice: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "result.json"
    result.write_text("the result of an earlier run, longer than the new one" * 100)
    wanted = (checkpoint("model", NAME), checkpoint("vocoder", VOCODER))
    resolve = resolving(tmp_path / "cache", voice.url)
    assert run_fetch(wanted, resolve, cache=tmp_path / "cache", result=result) == 0
    written = json.loads(result.read_bytes())
    assert [(made["role"], made["source"]) for made in written["checkpoints"]] == [
        ("model", NAME),
        ("vocoder", VOCODER),
    ]
    for made, content, line in zip(
        written["checkpoints"], (CONTENT, OTHER), capsys.readouterr().out.splitlines(), strict=True
    ):
        directory = tmp_path / "cache" / made["directory"]
        record = json.loads((directory / "model.json").read_text())
        assert made["sha256"] == record["sha256"]
        assert (made["revision"], made["bytes"]) == (COMMIT, len(content))
        assert line == f"{directory} {COMMIT} sha256:{made['sha256']}"
    # Each number is rounded, and so may be a last digit more.
    spent_s = sum(made["seconds"] for made in written["checkpoints"])
    assert written["seconds"] >= spent_s - 0.002
    assert spent_s > 0


def test_the_result_names_the_checkpoint_that_failed(voice: Hub, tmp_path: Path) -> None:
    voice.repositories[VOCODER].private = True
    wanted = (checkpoint("model", NAME), checkpoint("vocoder", VOCODER))
    result = tmp_path / "result.json"
    with pytest.raises(SystemExit, match=r"error: .*tts_vocoder"):
        run_fetch(wanted, resolving(tmp_path, voice.url), cache=tmp_path, result=result)
    assert json.loads(result.read_bytes())["error"]["checkpoint"] == "vocoder"


def test_an_unexpected_error_is_written_and_raised(tmp_path: Path) -> None:
    def broken(wanted: Checkpoint, progress: Callable[[Progress], None]) -> StoredModel:
        raise OSError(errno.EIO, "bad disk")

    result = tmp_path / "result.json"
    with pytest.raises(OSError, match="bad disk"):
        run_fetch((checkpoint("model", NAME),), broken, cache=tmp_path, result=result)
    error = json.loads(result.read_bytes())["error"]
    assert error["reason"] == Reason.UNEXPECTED_ERROR
    assert error["message"] == "OSError: [Errno 5] bad disk"


@pytest.mark.parametrize("token", ["hf_right\x01token", "hf_ré", "hf_right token"])
def test_no_message_repeats_an_invalid_token(
    voice: Hub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    token: str,
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    error = failure_of(Attempt(), voice, tmp_path)
    assert error["reason"] == Reason.HUB_UNAUTHORIZED
    assert "hf_r" not in error["message"] + "".join(capsys.readouterr())


def test_a_token_inside_another_message_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaking(wanted: Checkpoint, progress: Callable[[Progress], None]) -> StoredModel:
        raise ModelDownloadFailed("The mirror says that word-of-mouth is no token.")

    monkeypatch.setenv("HF_TOKEN", "word-of-mouth")
    result = tmp_path / "result.json"
    left = "The mirror says that … is no token."
    with pytest.raises(SystemExit, match=f"error: {left}"):
        run_fetch((checkpoint("model", NAME),), leaking, cache=tmp_path, result=result)
    assert json.loads(result.read_bytes())["error"]["message"] == left


def test_progress_is_served_while_the_download_stalls(voice: Hub, tmp_path: Path) -> None:
    voice.faults.append(Fault(50_000, stalls=True))
    port = free_port()
    reports: list[dict[str, Any]] = []

    def read() -> None:
        voice.stalled.wait(60)
        while not reports or reports[-1]["doneBytes"] == 0:
            reports.append(httpx.get(f"http://127.0.0.1:{port}/").json())
        voice.released.set()

    reader = threading.Thread(target=read)
    reader.start()
    times_s = iter(range(10**6))
    # Each reading of the store's clock is a second later, so that every progress is reported.
    resolve = resolving(tmp_path, voice.url, clock=lambda: next(times_s))
    wanted = (checkpoint("model", NAME),)
    assert run_fetch(wanted, resolve, cache=tmp_path, progress_port=port) == 0
    reader.join(60)
    last = reports[-1]
    assert (last["checkpoint"], last["phase"], last["totalBytes"]) == (
        "model",
        "downloading",
        len(CONTENT),
    )
    assert 0 < last["doneBytes"] <= 50_000
    assert last["seconds"] > 0


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_a_part_that_the_next_fetch_resumes(
    voice: Hub, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    voice.faults.append(Fault(50_000, stalls=True))
    handlers = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]

    def stop() -> None:
        voice.stalled.wait(60)
        while not kept_bytes(cache):
            pass
        os.kill(os.getpid(), number)

    result, cache = tmp_path / "result.json", tmp_path / "cache"
    stopping = threading.Thread(target=stop)
    stopping.start()
    wanted = (checkpoint("model", NAME),)
    resolve = resolving(cache, voice.url)
    assert run_fetch(wanted, resolve, cache=cache, result=result) == status
    stopping.join(60)
    voice.released.set()
    error = json.loads(result.read_bytes())["error"]
    assert (error["reason"], number.name in error["message"]) == ("Interrupted", True)
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == handlers
    kept = kept_bytes(cache)
    assert run_fetch(wanted, resolve, cache=cache, result=result) == 0
    assert voice.ranges() == [None, f"bytes={kept}-"]
    assert [made["role"] for made in json.loads(result.read_bytes())["checkpoints"]] == ["model"]


def test_a_signal_leaves_no_part_that_cannot_be_resumed(voice: Hub, tmp_path: Path) -> None:
    voice.sends_etags = False

    def stop(progress: Progress) -> None:
        if list(tmp_path.glob("cache/.work/*/download.nemo")):
            signal.raise_signal(signal.SIGTERM)

    def resolve(wanted: Checkpoint, progress: Callable[[Progress], None]) -> StoredModel:
        store = store_of(tmp_path / "cache", voice.url, progress=stop)
        return store.resolve(parse_reference(wanted.source))

    wanted = (checkpoint("model", f"{voice.url}/files/voice.nemo"),)
    assert run_fetch(wanted, resolve, cache=tmp_path / "cache") == 143
    assert not list(tmp_path.glob("cache/.work/*/*"))


def test_a_second_signal_does_not_cut_the_cleanup_short(voice: Hub, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    steps: list[str] = []

    def resolve(wanted: Checkpoint, progress: Callable[[Progress], None]) -> StoredModel:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)
            steps.append("cleaned up")
        raise AssertionError("not reached")

    wanted = (checkpoint("model", NAME),)
    assert run_fetch(wanted, resolve, cache=tmp_path, result=result) == 143
    assert json.loads(result.read_bytes())["error"]["reason"] == Reason.INTERRUPTED
    assert steps == ["cleaned up"]


def test_a_result_file_that_cannot_be_opened_fails_before_the_work(tmp_path: Path) -> None:
    def never(wanted: Checkpoint, progress: Callable[[Progress], None]) -> StoredModel:
        raise AssertionError("the work began")

    result = tmp_path / "absent" / "result.json"
    with pytest.raises(SystemExit, match=r"error: the result cannot be written to .*No such file"):
        run_fetch((checkpoint("model", NAME),), never, cache=tmp_path, result=result)


def test_a_success_that_cannot_be_written_is_a_failure(voice: Hub, tmp_path: Path) -> None:
    resolve = resolving(tmp_path, voice.url)
    with pytest.raises(SystemExit, match="error: the result cannot be written: No space left"):
        run_fetch((checkpoint("model", NAME),), resolve, cache=tmp_path, result=Path("/dev/full"))


def test_a_failure_that_cannot_be_written_keeps_its_message(
    voice: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    voice.repositories[NAME].private = True
    resolve = resolving(tmp_path, voice.url)
    with pytest.raises(SystemExit, match=r"error: .*HF_TOKEN"):
        run_fetch((checkpoint("model", NAME),), resolve, cache=tmp_path, result=Path("/dev/full"))
    assert "result not written" in caplog.messages


@pytest.mark.parametrize(
    ("how", "revision"),
    [("offline", None), ("offline", COMMIT), ("online", COMMIT), ("hub away", None)],
)
def test_a_complete_cache_needs_no_network_and_no_token(
    voice: Hub, tmp_path: Path, how: str, revision: str | None
) -> None:
    voice.repositories[NAME].private = True
    cache, result = tmp_path / "cache", tmp_path / "result.json"
    wanted = (checkpoint("model", NAME, revision),)
    assert run_fetch(wanted, resolving(cache, voice.url, token=TOKEN), cache=cache) == 0
    before = sorted((path, path.stat().st_mtime_ns) for path in cache.rglob("*"))
    voice.seen.clear()
    again = resolving(cache, voice.url, offline=how == "offline")
    if how == "hub away":
        voice.statuses.extend([("/api", 503)] * 10)
    assert run_fetch(wanted, again, cache=cache, result=result) == 0
    (made,) = json.loads(result.read_bytes())["checkpoints"]
    assert (made["revision"], (cache / made["directory"]).is_dir()) == (COMMIT, True)
    assert sorted((path, path.stat().st_mtime_ns) for path in cache.rglob("*")) == before
    assert not voice.bodies()
    assert bool(voice.seen) == (how == "hub away")  # else no request is sent
