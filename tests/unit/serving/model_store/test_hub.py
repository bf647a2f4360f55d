"""Models from a Hugging Face hub: huggingface_hub against a hub on loopback, with faults."""

import hashlib
import json
from pathlib import Path

import pytest

from nemo_voice_serving.model_store.errors import (
    ModelDigestMismatch,
    ModelDownloadFailed,
    ModelNotFound,
    ModelOfflineMissing,
    ModelUnauthorized,
)
from nemo_voice_serving.model_store.hub import nemo_file_of
from nemo_voice_serving.model_store.store import RetryPolicy, parse_reference
from support.hub.server import TOKEN, Fault, Hub
from support.models.checkpoints import nemo_file
from support.models.stores import fetch, fetching_process, store_of
from support.waiting import until

NAME = "nvidia/tts_voice"
CONTENT = nemo_file()
OTHER = nemo_file(weight_bytes=90_000)
FIRST, SECOND = "a" * 40, "b" * 40


@pytest.fixture
def voice(hub: Hub) -> Hub:
    """The hub with one model of one commit."""
    hub.add(NAME, {"README.md": b"hello", "tts_voice.nemo": CONTENT}, commit=FIRST)
    return hub


def directory_of(root: Path, hub: Hub, commit: str = FIRST) -> Path:
    port = hub.url.rpartition(":")[2]
    return root / f"127.0.0.1_{port}--nvidia--tts_voice@{commit}"


def test_a_model_is_downloaded_unpacked_and_recorded(voice: Hub, tmp_path: Path) -> None:
    model = fetch(tmp_path, voice.url, NAME)
    assert model.directory == directory_of(tmp_path, voice)
    assert (model.revision, model.size_bytes) == (FIRST, len(CONTENT))
    assert model.sha256 == hashlib.sha256(CONTENT).hexdigest()
    record = json.loads((model.directory / "model.json").read_text())
    assert record["source"] == NAME
    assert record["sha256"] == model.sha256
    assert record["files"]["model_weights.ckpt"] > 200_000
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".locks",
        ".work",
        model.directory.name,
    ]
    assert not list((tmp_path / ".work").iterdir())


def test_a_fetch_takes_three_requests(voice: Hub, tmp_path: Path) -> None:
    fetch(tmp_path, voice.url, NAME)
    file = f"/{NAME}/resolve/{FIRST}/tts_voice.nemo"
    requests = [(seen.method, seen.path.partition("?")[0]) for seen in voice.seen]
    assert requests == [("GET", f"/api/models/{NAME}"), ("HEAD", file), ("GET", file)]


def test_a_stored_commit_needs_no_request(voice: Hub, tmp_path: Path) -> None:
    first = fetch(tmp_path, voice.url, NAME)
    voice.seen.clear()
    reference = parse_reference(NAME, FIRST)
    again = store_of(tmp_path, voice.url).resolve(reference)
    assert again.directory == first.directory
    by_digest = parse_reference(NAME, sha256=first.sha256)
    assert store_of(tmp_path, voice.url).resolve(by_digest).directory == first.directory
    assert not voice.seen


def test_a_branch_is_resolved_anew_and_its_old_commit_stays(voice: Hub, tmp_path: Path) -> None:
    old = fetch(tmp_path, voice.url, NAME)
    voice.add(NAME, {"tts_voice.nemo": OTHER}, commit=SECOND)
    new = fetch(tmp_path, voice.url, NAME)
    assert (old.revision, new.revision) == (FIRST, SECOND)
    assert old.directory.is_dir()
    assert len(voice.bodies()) == 2
    assert fetch(tmp_path, voice.url, NAME).revision == SECOND
    assert len(voice.bodies()) == 2


def test_revisions_may_be_tags_branches_and_commits(voice: Hub, tmp_path: Path) -> None:
    voice.add(NAME, {"tts_voice.nemo": OTHER}, commit=SECOND, ref="v2/beta")
    for revision in ("v2/beta", SECOND):
        reference = parse_reference(NAME, revision)
        assert store_of(tmp_path, voice.url).resolve(reference).revision == SECOND
    assert fetch(tmp_path, voice.url, NAME).revision == FIRST


def test_a_body_from_another_host_is_fetched_without_the_token(voice: Hub, tmp_path: Path) -> None:
    voice.repositories[NAME].private = True
    voice.redirects_to_cdn = True
    voice.faults.append(Fault(50_000))
    fetch(tmp_path, voice.url, NAME, token=TOKEN)
    sent = {seen.path.split("/")[1]: seen.headers.get("authorization") for seen in voice.seen}
    assert sent == {"api": f"Bearer {TOKEN}", "nvidia": f"Bearer {TOKEN}", "cdn": None}
    assert [seen.headers.get("range") for seen in voice.bodies() if "/cdn/" in seen.path] == [
        None,
        "bytes=50000-",
    ]


def test_the_token_of_the_environment_is_used(
    voice: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice.repositories[NAME].private = True
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert fetch(tmp_path, voice.url, NAME).revision == FIRST


def test_a_cut_download_is_resumed(voice: Hub, tmp_path: Path) -> None:
    voice.faults.extend([Fault(50_000), Fault(30_000)])
    fetch(tmp_path, voice.url, NAME)
    assert voice.ranges() == [None, "bytes=50000-", "bytes=80000-"]


def test_a_silent_connection_counts_as_cut(voice: Hub, tmp_path: Path) -> None:
    voice.faults.append(Fault(50_000, stalls=True))
    fetch(tmp_path, voice.url, NAME, read_timeout_s=0.2)
    assert voice.ranges() == [None, "bytes=50000-"]


def test_a_download_is_resumed_after_its_process_was_killed(voice: Hub, tmp_path: Path) -> None:
    voice.faults.append(Fault(60_000, stalls=True))
    work = tmp_path / ".work" / directory_of(tmp_path, voice).name.partition("@")[0]
    partial = work / "download.nemo"
    with fetching_process(tmp_path, voice.url, NAME) as process:
        assert voice.stalled.wait(120)
        until("the part", lambda: process.poll() or (partial.exists() and partial.stat().st_size))
        assert process.poll() is None
    kept = partial.stat().st_size
    fetch(tmp_path, voice.url, NAME)
    assert 0 < kept <= 60_000
    assert voice.ranges() == [None, f"bytes={kept}-"]


def test_a_part_of_another_commit_is_not_resumed(voice: Hub, tmp_path: Path) -> None:
    voice.faults.extend([Fault(50_000), Fault(0)])
    with pytest.raises(ModelDownloadFailed):
        fetch(tmp_path, voice.url, NAME, retry_policy=RetryPolicy(tries=1))
    voice.faults.clear()
    voice.add(NAME, {"tts_voice.nemo": OTHER}, commit=SECOND)
    assert fetch(tmp_path, voice.url, NAME).sha256 == hashlib.sha256(OTHER).hexdigest()
    assert voice.ranges() == [None, None]


def test_a_complete_download_is_not_repeated_after_a_crash(voice: Hub, tmp_path: Path) -> None:
    def crash(_: object) -> None:
        if voice.bodies():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, voice.url, NAME, progress=crash)
    (work,) = (tmp_path / ".work").iterdir()
    (work / "download.nemo").write_bytes(CONTENT)
    assert fetch(tmp_path, voice.url, NAME).revision == FIRST
    assert len(voice.bodies()) == 1


def test_two_processes_at_once_download_once(voice: Hub, tmp_path: Path) -> None:
    voice.faults.append(Fault(60_000, stalls=True))
    with (
        fetching_process(tmp_path, voice.url, NAME) as one,
        fetching_process(tmp_path, voice.url, NAME) as other,
    ):
        assert voice.stalled.wait(120)
        until("both", lambda: [seen.method for seen in voice.seen].count("HEAD") == 2)
        assert one.poll() is other.poll() is None
        voice.released.set()
        assert (one.wait(120), other.wait(120)) == (0, 0)
    # One download in two parts: the first body was cut when it was released.
    assert voice.ranges() == [None, "bytes=60000-"]
    assert len(list(tmp_path.glob("*@*"))) == 1


@pytest.mark.parametrize("place", [f"/api/models/{NAME}", f"/{NAME}/resolve"])
@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_transient_statuses_are_retried_after_the_time_that_the_hub_states(
    voice: Hub, tmp_path: Path, place: str, status: int
) -> None:
    voice.statuses.extend([(place, status)] * 3)
    voice.response_headers["Retry-After"] = "7"
    waits: list[float] = []
    assert fetch(tmp_path, voice.url, NAME, sleep=waits.append).revision == FIRST
    assert waits == [7.0, 7.0, 7.0]


def test_a_download_with_a_transient_status_is_retried(voice: Hub, tmp_path: Path) -> None:
    voice.redirects_to_cdn = True
    voice.statuses.extend([("/cdn/", 503), ("/cdn/", 503)])
    waits: list[float] = []
    assert fetch(tmp_path, voice.url, NAME, sleep=waits.append).revision == FIRST
    assert waits == [1.0, 2.0]


def test_a_hub_that_fails_six_times_is_given_up(voice: Hub, tmp_path: Path) -> None:
    voice.statuses.extend([("/api", 503)] * 20)
    waits: list[float] = []
    with pytest.raises(ModelDownloadFailed, match=r"6 times in a row; last: status 503"):
        fetch(tmp_path, voice.url, NAME, sleep=waits.append)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_hub_that_cannot_be_reached_is_reported(tmp_path: Path, hub: Hub) -> None:
    with pytest.raises(ModelDownloadFailed, match="ConnectError"):
        fetch(tmp_path, "http://127.0.0.1:9", NAME)


def test_a_stored_model_is_used_while_the_hub_is_unavailable(
    voice: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fetch(tmp_path, voice.url, NAME)
    voice.statuses.extend([("/api", 503)] * 2)
    assert fetch(tmp_path, voice.url, NAME).revision == FIRST
    assert "model source unreachable, using what is stored" in caplog.messages


def test_a_missing_repository_is_named(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelUnauthorized, match=r"nvidia/tts_voice at .* HF_TOKEN"):
        fetch(tmp_path, hub.url, NAME)
    with pytest.raises(ModelNotFound, match=r"nvidia/tts_voice at .* spelling"):
        fetch(tmp_path, hub.url, NAME, token=TOKEN)


@pytest.mark.parametrize("token", [None, "hf_wrong"])
def test_a_private_repository_wants_a_token_and_is_not_retried(
    voice: Hub, tmp_path: Path, token: str | None
) -> None:
    voice.repositories[NAME].private = True
    with pytest.raises(ModelUnauthorized, match="HF_TOKEN"):
        fetch(tmp_path, voice.url, NAME, token=token)
    assert len(voice.seen) == 1


def test_the_message_about_a_gated_repository_says_to_accept_its_terms(
    voice: Hub, tmp_path: Path
) -> None:
    voice.repositories[NAME].gated = True
    with pytest.raises(ModelUnauthorized, match=r"gated\. Accept its terms"):
        fetch(tmp_path, voice.url, NAME)
    assert fetch(tmp_path, voice.url, NAME, token=TOKEN).revision == FIRST


def test_a_missing_revision_is_named(voice: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no revision 'v9'"):
        store_of(tmp_path, voice.url).resolve(parse_reference(NAME, "v9"))


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, ModelUnauthorized), (404, ModelNotFound), (400, ModelDownloadFailed)],
)
def test_other_client_errors_are_not_retried(
    voice: Hub, tmp_path: Path, status: int, error: type[Exception]
) -> None:
    voice.statuses.append(("/api", status))
    with pytest.raises(error, match=NAME):
        fetch(tmp_path, voice.url, NAME)
    assert len(voice.seen) == 1


def test_a_repository_without_a_clear_checkpoint_lists_what_it_holds(
    hub: Hub, tmp_path: Path
) -> None:
    hub.add(NAME, {"one.nemo": CONTENT, "two.nemo": CONTENT, "README.md": b""})
    with pytest.raises(ModelNotFound, match=r"several \.nemo files: one\.nemo, two\.nemo"):
        fetch(tmp_path, hub.url, NAME)


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (["voice.nemo", "other.nemo"], "voice.nemo"),
        (["a/only.nemo", "README.md"], "a/only.nemo"),
        (["one.nemo", "two.nemo"], None),
        (["model.safetensors"], None),
        ([], None),
    ],
)
def test_the_checkpoint_is_the_file_of_the_same_name_or_the_only_one(
    files: list[str], chosen: str | None
) -> None:
    assert nemo_file_of("voice", files) == chosen


def test_an_endpoint_that_is_not_a_hub_is_reported(hub: Hub, tmp_path: Path) -> None:
    hub.statuses.append(("/api", 200))
    with pytest.raises(ModelDownloadFailed, match="not respond like a Hugging Face hub"):
        fetch(tmp_path, hub.url, NAME)


def test_a_wrong_digest_never_serves_and_leaves_nothing(voice: Hub, tmp_path: Path) -> None:
    wrong = parse_reference(NAME, sha256="ab" * 32)
    for _ in range(2):
        with pytest.raises(ModelDigestMismatch, match=hashlib.sha256(CONTENT).hexdigest()):
            store_of(tmp_path, voice.url).resolve(wrong)
        assert not list(tmp_path.glob("*@*"))
        assert not list((tmp_path / ".work").iterdir())


def test_a_stored_model_of_another_digest_never_serves(voice: Hub, tmp_path: Path) -> None:
    fetch(tmp_path, voice.url, NAME)
    for revision in (FIRST, None):
        with pytest.raises(ModelDigestMismatch, match="is stored with SHA-256"):
            store_of(tmp_path, voice.url).resolve(parse_reference(NAME, revision, "ab" * 32))
    assert fetch(tmp_path, voice.url, NAME).revision == FIRST


def test_a_resumed_download_with_changed_bytes_is_refused(voice: Hub, tmp_path: Path) -> None:
    voice.faults.append(Fault(50_000, stalls=True))
    with pytest.raises(ModelDownloadFailed):
        fetch(tmp_path, voice.url, NAME, read_timeout_s=0.2, retry_policy=RetryPolicy(tries=1))
    (partial,) = (tmp_path / ".work").glob("*/download.nemo")
    partial.write_bytes(bytes(50_000))
    with pytest.raises(ModelDigestMismatch, match="arrived damaged"):
        fetch(tmp_path, voice.url, NAME)
    assert fetch(tmp_path, voice.url, NAME).revision == FIRST


def test_a_stored_model_needs_no_network_and_no_token_offline(voice: Hub, tmp_path: Path) -> None:
    stored = fetch(tmp_path, voice.url, NAME)
    voice.seen.clear()
    offline = store_of(tmp_path, voice.url, offline=True)
    for revision in (None, FIRST):
        assert offline.resolve(parse_reference(NAME, revision)).directory == stored.directory
    assert not voice.seen


def test_the_offline_message_names_the_missing_and_the_stored_revisions(
    voice: Hub, tmp_path: Path
) -> None:
    fetch(tmp_path, voice.url, NAME)
    offline = store_of(tmp_path, voice.url, offline=True)
    with pytest.raises(ModelOfflineMissing, match=f"{NAME}@v2 is not in .* {FIRST}.*fetch"):
        offline.resolve(parse_reference(NAME, "v2"))
    with pytest.raises(ModelOfflineMissing, match="Stored revisions of it: none"):
        offline.resolve(parse_reference("nvidia/other"))


def test_a_branch_means_its_last_commit_offline(voice: Hub, tmp_path: Path) -> None:
    voice.add(NAME, {"tts_voice.nemo": OTHER}, commit=SECOND, ref="v2")
    store_of(tmp_path, voice.url).resolve(parse_reference(NAME, "v2"))
    fetch(tmp_path, voice.url, NAME)
    offline = store_of(tmp_path, voice.url, offline=True)
    assert offline.resolve(parse_reference(NAME, "v2")).revision == SECOND
    assert offline.resolve(parse_reference(NAME)).revision == FIRST


def test_hf_hub_offline_forbids_the_network(
    voice: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path, voice.url)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelOfflineMissing, match="HF_HUB_OFFLINE"):
        store.resolve(parse_reference(NAME))
    with pytest.raises(ModelOfflineMissing, match="may not be used"):
        fetch(tmp_path, voice.url, NAME)
    assert not voice.seen
