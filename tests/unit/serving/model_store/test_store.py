"""The store: demo and local models, the disk, locks, progress, and the remains of a crash."""

import contextlib
import errno
import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nemo_voice_serving.model_store import errors
from nemo_voice_serving.model_store.disk import free_bytes, locked, locked_if_free, writing_to
from nemo_voice_serving.model_store.errors import (
    FailureReason,
    InvalidModelReference,
    ModelArchiveRefused,
    ModelDigestMismatch,
    ModelDiskFull,
    ModelNotFound,
    ModelStoreError,
    ModelStoreUnwritable,
)
from nemo_voice_serving.model_store.progress import Phase, Progress, ProgressReporter
from nemo_voice_serving.model_store.store import ModelStore, StoredModel, parse_reference
from support.hub.server import Fault, Hub
from support.models.checkpoints import nemo_file, weights
from support.models.stores import fetch, no_code_in

DEMO_MODELS = Path(__file__).parents[4] / "models" / "demo"
DEMO_FILES = ["fastpitch.nemo", "hifigan.nemo", "fastconformer-tdt.nemo"]
CONTENT = nemo_file()
CODE = b"cos\nsystem\n."


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A .nemo file of the user's."""
    path = tmp_path / "mine" / "voice.nemo"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """A store that is empty."""
    return ModelStore(tmp_path / "store", system_call_in, offline=True)


def system_call_in(weights: Path) -> str | None:
    """Finds the code that `CODE` holds."""
    return "os.system" if CODE in weights.read_bytes() else None


def resolve(store: ModelStore, path: Path, sha256: str | None = None) -> StoredModel:
    return store.resolve(parse_reference(f"file://{path}", sha256=sha256))


@pytest.mark.parametrize("file", DEMO_FILES)
def test_the_shipped_models_are_unpacked_once(tmp_path: Path, file: str) -> None:
    store = ModelStore(tmp_path, no_code_in, offline=True, demo_directory=DEMO_MODELS)
    first = store.resolve(parse_reference("demo"), demo_file=file)
    assert (first.directory / "model_config.yaml").is_file()
    assert (first.directory / "model_weights.ckpt").stat().st_size > 1_000_000
    assert first.directory.name == f"local--demo--{file.removesuffix('.nemo')}@{first.sha256}"
    written = (first.directory / "model.json").stat().st_mtime_ns
    assert store.resolve(parse_reference("demo"), demo_file=file).directory == first.directory
    assert (first.directory / "model.json").stat().st_mtime_ns == written


def test_a_missing_demo_model_is_reported(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidModelReference, match="no demo model"):
        store.resolve(parse_reference("demo"))
    with pytest.raises(ModelNotFound, match="NEMO_VOICE_DEMO_MODELS"):
        store.resolve(parse_reference("demo"), demo_file="voice.nemo")
    elsewhere = ModelStore(tmp_path, no_code_in, demo_directory=tmp_path)
    with pytest.raises(ModelNotFound, match=r"voice\.nemo cannot be read: No such file"):
        elsewhere.resolve(parse_reference("demo"), demo_file="voice.nemo")


def test_a_local_file_is_read_and_never_changed(store: ModelStore, archive: Path) -> None:
    model = resolve(store, archive)
    assert archive.read_bytes() == CONTENT
    assert model.revision == model.sha256
    assert resolve(store, archive, model.sha256).directory == model.directory
    archive.unlink()
    assert resolve(store, archive, model.sha256).directory == model.directory


def test_a_local_file_of_another_digest_is_refused_and_not_removed(
    store: ModelStore, archive: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelDigestMismatch, match="is not used"):
        resolve(store, archive, "ab" * 32)
    assert archive.exists()
    assert not (tmp_path / "store").exists()


def test_a_refused_file_leaves_nothing_in_the_store(
    store: ModelStore, archive: Path, tmp_path: Path
) -> None:
    archive.write_bytes(nemo_file({"evil.py": b"import os"}))
    with pytest.raises(ModelArchiveRefused, match=r"evil\.py"):
        resolve(store, archive)
    assert archive.exists()
    assert not list((tmp_path / "store").glob("*@*"))


def test_code_in_the_weights_leaves_nothing_in_the_store(
    store: ModelStore, archive: Path, tmp_path: Path
) -> None:
    archive.write_bytes(nemo_file({"./other.ckpt": weights(pickled=CODE)}))
    with pytest.raises(ModelArchiveRefused, match=r"os\.system"):
        resolve(store, archive)
    assert not list((tmp_path / "store").glob("*@*"))
    assert not list((tmp_path / "store" / ".work").glob("*/*"))


def test_an_unpacked_directory_is_used_in_place(
    store: ModelStore, archive: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "unpacked"
    shutil.copytree(resolve(store, archive).directory, directory)
    (directory / "model.json").unlink()
    shutil.rmtree(tmp_path / "store")
    model = resolve(store, directory)
    assert (model.directory, model.revision, model.sha256) == (directory, "", "")
    assert model.size_bytes > 200_000
    assert not (tmp_path / "store").exists()
    with pytest.raises(InvalidModelReference, match="unpacked already"):
        resolve(store, directory, "ab" * 32)


def test_a_stored_directory_may_be_named_by_its_path(store: ModelStore, archive: Path) -> None:
    stored = resolve(store, archive)
    named = resolve(store, stored.directory, stored.sha256)
    assert (named.directory, named.sha256) == (stored.directory, stored.sha256)
    with pytest.raises(ModelDigestMismatch, match="is stored with"):
        resolve(store, stored.directory, "ab" * 32)


def test_a_directory_with_code_or_without_a_model_is_refused(
    store: ModelStore, archive: Path, tmp_path: Path
) -> None:
    directory = resolve(store, archive).directory
    (directory / "model_weights.ckpt").write_bytes(weights(pickled=CODE))
    with pytest.raises(ModelArchiveRefused, match=r"os\.system"):
        resolve(store, directory)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelArchiveRefused, match="not an unpacked NeMo checkpoint"):
        resolve(store, tmp_path / "empty")


def test_a_link_out_of_the_store_is_refused_and_one_within_it_is_followed(
    store: ModelStore, archive: Path, tmp_path: Path
) -> None:
    root = tmp_path / "store"
    (root / "blobs").mkdir(parents=True)
    (root / "out.nemo").symlink_to(archive)
    with pytest.raises(InvalidModelReference, match=rf"leads out of .*, to {archive}"):
        resolve(store, root / "out.nemo")
    (root / "folder").symlink_to(archive.parent)
    with pytest.raises(InvalidModelReference, match="leads out of"):
        resolve(store, root / "folder" / "voice.nemo")
    shutil.copy(archive, root / "blobs" / "voice.nemo")
    (root / "in.nemo").symlink_to(root / "blobs" / "voice.nemo")
    assert resolve(store, root / "in.nemo").sha256
    (root / "loop.nemo").symlink_to(root / "loop.nemo")
    with pytest.raises(ModelNotFound, match=r"loop\.nemo cannot be read"):
        resolve(store, root / "loop.nemo")


def test_a_directory_with_a_link_out_of_the_store_is_refused(
    store: ModelStore, archive: Path, tmp_path: Path
) -> None:
    directory = resolve(store, archive).directory
    moved = tmp_path / "elsewhere.ckpt"
    (directory / "model_weights.ckpt").rename(moved)
    (directory / "model_weights.ckpt").symlink_to(moved)
    with pytest.raises(InvalidModelReference, match="leads out of"):
        resolve(store, directory)


@pytest.mark.parametrize("damage", ["missing", "short", "no record", "bad record"])
def test_an_incomplete_stored_model_is_stored_again(
    store: ModelStore, archive: Path, damage: str
) -> None:
    model = resolve(store, archive)
    ckpt = model.directory / "model_weights.ckpt"
    match damage:
        case "missing":
            ckpt.unlink()
        case "short":
            ckpt.write_bytes(b"short")
        case "no record":
            (model.directory / "model.json").unlink()
        case _:
            (model.directory / "model.json").write_text("{}")
    again = resolve(store, archive)
    assert again.directory == model.directory
    assert ckpt.stat().st_size > 200_000
    assert (model.directory / "model.json").stat().st_size > 100


def test_resolving_a_stored_model_writes_nothing(
    store: ModelStore, archive: Path, tmp_path: Path
) -> None:
    stored = resolve(store, archive)
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    assert resolve(store, archive).directory == stored.directory
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EROFS, FailureReason.CACHE_READ_ONLY),
        (errno.EACCES, FailureReason.CACHE_FORBIDDEN),
        (errno.EPERM, FailureReason.CACHE_FORBIDDEN),
        (errno.ENOTDIR, FailureReason.CACHE_UNUSABLE),
    ],
)
def test_a_store_that_cannot_be_written_says_what_to_do(
    tmp_path: Path, code: int, reason: FailureReason
) -> None:
    with (
        pytest.raises(ModelStoreUnwritable, match="Fetch the model first") as caught,
        writing_to(tmp_path, free_bytes),
    ):
        raise OSError(code, "no")
    assert caught.value.reason is reason


def test_a_file_where_the_store_should_be_is_reported(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    with pytest.raises(ModelStoreUnwritable, match="cannot be written"):
        resolve(ModelStore(tmp_path / "store", no_code_in, offline=True), archive)


def test_a_disk_without_room_is_reported_before_unpacking(archive: Path, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store", no_code_in, offline=True, free=lambda _: 1000)
    with pytest.raises(ModelDiskFull, match="1000 are free") as caught:
        resolve(store, archive)
    assert caught.value.free_bytes == 1000
    assert 200_000 < (caught.value.needed_bytes or 0) < len(CONTENT)
    assert not list((tmp_path / "store").glob("*@*"))


def test_a_disk_without_room_is_reported_before_downloading(hub: Hub, tmp_path: Path) -> None:
    hub.add("nvidia/voice", {"voice.nemo": CONTENT})
    free = 2 * len(CONTENT) - 1
    with pytest.raises(ModelDiskFull, match="download and unpack") as caught:
        fetch(tmp_path, hub.url, "nvidia/voice", free=lambda _: free)
    assert caught.value.needed_bytes == free + 1
    assert fetch(tmp_path, hub.url, "nvidia/voice", free=lambda _: free + 1).size_bytes


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_becomes_full_while_writing_is_reported(tmp_path: Path, code: int) -> None:
    with (
        pytest.raises(ModelDiskFull, match="became full") as caught,
        writing_to(tmp_path, lambda _: 12),
    ):
        raise OSError(code, "full")
    assert (caught.value.needed_bytes, caught.value.free_bytes) == (None, 12)


def test_other_errors_of_the_disk_are_raised_unchanged(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="bad disk"), writing_to(tmp_path, free_bytes):
        raise OSError(errno.EIO, "bad disk")


@pytest.mark.parametrize("disk", ["4m"], indirect=True)
def test_a_read_only_filesystem_serves_its_stored_models(archive: Path, disk: Path) -> None:
    store = ModelStore(disk, no_code_in, offline=True)
    stored = resolve(store, archive)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert resolve(store, archive).directory == stored.directory
    archive.write_bytes(nemo_file(weight_bytes=10))
    with pytest.raises(ModelStoreUnwritable, match="Read-only file system"):
        resolve(store, archive)


@pytest.mark.parametrize("disk", ["160k"], indirect=True)  # half of a model's download
@pytest.mark.parametrize("resumable", [True, False])
def test_a_full_filesystem_is_reported(hub: Hub, disk: Path, resumable: bool) -> None:
    hub.files["voice.nemo"] = CONTENT
    hub.sends_etags = resumable
    with pytest.raises(ModelDiskFull, match="became full"):
        fetch(disk, hub.url, f"{hub.url}/files/voice.nemo", free=lambda _: 10**9)
    # A part that the next try can resume stays; another would only fill the disk.
    assert len(list(disk.glob(".work/*/download.nemo"))) == int(resumable)
    assert not list(disk.glob(".work/*/unpacked"))


def test_a_disk_that_becomes_full_while_unpacking_keeps_the_download(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("nvidia/voice", {"voice.nemo": CONTENT})
    real = os.fsync

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelDiskFull):
        fetch(tmp_path, hub.url, "nvidia/voice")
    assert not list(tmp_path.glob(".work/*/unpacked"))
    monkeypatch.setattr(os, "fsync", real)
    fetch(tmp_path, hub.url, "nvidia/voice")
    assert len(hub.bodies()) == 1


def test_the_remains_of_a_killed_fetch_are_removed_by_the_next_one(
    store: ModelStore, archive: Path, tmp_path: Path
) -> None:
    works = tmp_path / "store" / ".work"
    mine, unpacking, old, fresh, busy = (
        works / name for name in ("local--file--voice", "unpacking", "old", "fresh", "busy")
    )
    for folder in (mine, unpacking, old, fresh, busy):
        (folder / "unpacked" / "deep").mkdir(parents=True)
    for folder in (old, fresh, busy):
        (folder / "download.nemo").write_bytes(b"part")
    os.utime(old / "download.nemo", (0, 0))
    locks = tmp_path / "store" / ".locks"
    locks.mkdir()
    with locked(locks / "busy.lock", lambda: None):
        resolve(store, archive)
    assert {path.name for path in works.iterdir()} == {"fresh", "busy"}
    assert not (fresh / "unpacked").exists()
    assert (busy / "unpacked" / "deep").exists()


def test_a_lock_is_exclusive_until_it_is_released(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    waits: list[int] = []
    with contextlib.ExitStack() as holder:
        assert holder.enter_context(locked_if_free(lock))

        def wait() -> None:
            waits.append(1)
            if len(waits) == 3:
                holder.close()

        with locked(lock, wait), locked_if_free(lock) as is_free:
            assert not is_free
    assert len(waits) == 3


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        (errno.ENOLCK, ModelStoreUnwritable, "has no file locks"),
        (errno.EIO, OSError, "failed"),
    ],
)
def test_a_filesystem_without_locks_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    error: type[Exception],
    message: str,
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(code, "failed")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(error, match=message), locked(tmp_path / "a", lambda: None):
        pass


def test_a_store_waits_for_another_fetch_and_uses_its_result(archive: Path, tmp_path: Path) -> None:
    root = tmp_path / "store"
    reports: list[Progress] = []
    now_s = 0.0
    with contextlib.ExitStack() as holder:

        def other_process_finishes(seconds: float) -> None:
            nonlocal now_s
            now_s += seconds
            if now_s > 2:
                shutil.move(tmp_path / "elsewhere" / made.directory.name, root)
                holder.close()

        made = resolve(ModelStore(tmp_path / "elsewhere", no_code_in, offline=True), archive)
        (root / ".locks").mkdir(parents=True)
        lock = root / ".locks" / f"{made.directory.name.partition('@')[0]}.lock"
        holder.enter_context(locked_if_free(lock))
        waiting = ModelStore(
            root,
            no_code_in,
            offline=True,
            sleep=other_process_finishes,
            progress=reports.append,
            clock=lambda: now_s,
        )
        model = resolve(waiting, archive)
    assert model.directory == root / made.directory.name
    assert Phase.UNPACKING not in {progress.phase for progress in reports}
    assert {0.5, 1.0, 1.5, 2.0} <= {progress.seconds for progress in reports}


def test_progress_names_every_phase_and_counts_every_byte(hub: Hub, tmp_path: Path) -> None:
    hub.add("nvidia/voice", {"voice.nemo": CONTENT})
    hub.faults.append(Fault(50_000))
    reports: list[Progress] = []
    fetch(tmp_path, hub.url, "nvidia/voice", progress=reports.append)
    phases = list(dict.fromkeys(progress.phase for progress in reports))
    assert phases == [
        Phase.RESOLVING,
        Phase.DOWNLOADING,
        Phase.VERIFYING,
        Phase.UNPACKING,
        Phase.DONE,
    ]
    last = {progress.phase: progress for progress in reports}
    for phase in (Phase.DOWNLOADING, Phase.VERIFYING, Phase.DONE):
        assert last[phase].done_bytes == last[phase].total_bytes == len(CONTENT)
    assert last[Phase.UNPACKING].done_bytes == last[Phase.UNPACKING].total_bytes
    seconds = [progress.seconds for progress in reports]
    assert seconds == sorted(seconds)


def test_progress_is_reported_at_most_twice_a_second_within_a_phase() -> None:
    now_s = 0.0
    reports: list[Progress] = []
    reporter = ProgressReporter(reports.append, lambda: now_s)
    reporter.enter(Phase.DOWNLOADING, total_bytes=1000)
    reports.clear()
    for _ in range(100):
        now_s += 0.02
        reporter.advance(10)
    assert [progress.done_bytes for progress in reports] == [250, 500, 750, 1000]
    assert [progress.seconds for progress in reports] == pytest.approx([0.5, 1.0, 1.5, 2.0])


def test_a_relative_root_survives_a_change_of_directory(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = ModelStore(Path("relative"), no_code_in, offline=True)
    monkeypatch.chdir("/")
    assert resolve(store, archive).directory.is_relative_to(tmp_path / "relative")


def test_every_error_has_its_own_reason_and_is_in_the_documented_tree() -> None:
    kinds = ModelStoreError.__subclasses__()
    assert len({kind.usual_reason for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert f"{kind.__name__} " in (errors.__doc__ or "")


def test_every_reason_fits_a_kubernetes_condition_and_has_a_meaning() -> None:
    for reason in FailureReason:
        assert re.fullmatch(r"([A-Z][a-z]+)+", reason)
        assert len(reason) <= 128
        assert reason.meaning.endswith(".")
