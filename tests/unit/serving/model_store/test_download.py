"""Models by address: the downloader against a file server on loopback."""

import hashlib
import json
from pathlib import Path

import httpx2
import pytest

from nemo_voice_serving.model_store.disk import free_bytes
from nemo_voice_serving.model_store.download import Downloader
from nemo_voice_serving.model_store.errors import (
    ModelArchiveRefused,
    ModelDigestMismatch,
    ModelDownloadFailed,
    ModelNotFound,
    ModelOfflineMissing,
    ModelUnauthorized,
)
from nemo_voice_serving.model_store.partial_file import PartialFile, RemoteFile, version_of
from nemo_voice_serving.model_store.progress import ProgressReporter
from nemo_voice_serving.model_store.retry import Retries, RetryPolicy
from nemo_voice_serving.model_store.store import parse_reference
from support.hub.server import Fault, Hub
from support.models.checkpoints import nemo_file
from support.models.stores import fetch, store_of

CONTENT = nemo_file()
OTHER = nemo_file(weight_bytes=90_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
ONCE = RetryPolicy(tries=1)


@pytest.fixture
def url(hub: Hub) -> str:
    """The address of a model on a plain file server."""
    hub.files["voice.nemo"] = CONTENT
    return f"{hub.url}/files/voice.nemo"


def test_a_model_is_stored_under_its_digest(hub: Hub, url: str, tmp_path: Path) -> None:
    model = fetch(tmp_path, hub.url, f"{url}?signature=s3cret")
    port = hub.url.rpartition(":")[2]
    assert model.directory.name == f"127.0.0.1_{port}--files--voice@{DIGEST}"
    assert (model.revision, model.sha256, model.size_bytes) == (DIGEST, DIGEST, len(CONTENT))
    assert "s3cret" not in (model.directory / "model.json").read_text()
    assert hub.seen[0].headers["accept-encoding"] == "identity"
    assert "authorization" not in hub.seen[0].headers


def test_a_stored_model_is_revalidated_and_not_downloaded(
    hub: Hub, url: str, tmp_path: Path
) -> None:
    first = fetch(tmp_path, hub.url, url)
    assert fetch(tmp_path, hub.url, f"{url}?signature=new").directory == first.directory
    etag = json.loads((first.directory / "model.json").read_text())["version"]
    assert [seen.headers.get("if-none-match") for seen in hub.bodies()] == [None, etag]


def test_a_model_that_changed_is_fetched_again(hub: Hub, url: str, tmp_path: Path) -> None:
    fetch(tmp_path, hub.url, url)
    hub.files["voice.nemo"] = OTHER
    assert fetch(tmp_path, hub.url, url).sha256 == hashlib.sha256(OTHER).hexdigest()
    assert len(list(tmp_path.glob("*@*"))) == 2


def test_a_file_without_an_etag_is_downloaded_again_and_not_unpacked_again(
    hub: Hub, url: str, tmp_path: Path
) -> None:
    hub.sends_etags = False
    first = fetch(tmp_path, hub.url, url)
    written_s = (first.directory / "model.json").stat().st_mtime_ns
    assert fetch(tmp_path, hub.url, url).directory == first.directory
    assert (first.directory / "model.json").stat().st_mtime_ns == written_s
    assert len(hub.bodies()) == 2


def test_a_stored_model_of_a_given_digest_needs_no_request(
    hub: Hub, url: str, tmp_path: Path
) -> None:
    reference = parse_reference(url, sha256=DIGEST)
    first = store_of(tmp_path, hub.url).resolve(reference)
    hub.files["voice.nemo"] = OTHER
    assert store_of(tmp_path, hub.url).resolve(reference).directory == first.directory
    assert len(hub.seen) == 1


def test_a_digest_that_is_not_stored_is_downloaded_whatever_else_is(
    hub: Hub, url: str, tmp_path: Path
) -> None:
    fetch(tmp_path, hub.url, url)
    hub.files["voice.nemo"] = OTHER
    pinned = parse_reference(url, sha256=hashlib.sha256(OTHER).hexdigest())
    assert store_of(tmp_path, hub.url).resolve(pinned).sha256 == pinned.sha256


def test_a_wrong_digest_never_serves(hub: Hub, url: str, tmp_path: Path) -> None:
    with pytest.raises(ModelDigestMismatch, match=DIGEST):
        store_of(tmp_path, hub.url).resolve(parse_reference(url, sha256="ab" * 32))
    assert not list(tmp_path.glob("*@*"))
    assert not list((tmp_path / ".work").iterdir())


def test_offline_uses_what_is_stored(hub: Hub, url: str, tmp_path: Path) -> None:
    with pytest.raises(ModelOfflineMissing, match=r"voice\.nemo is not in"):
        fetch(tmp_path, hub.url, url, offline=True)
    fetch(tmp_path, hub.url, url)
    assert fetch(tmp_path, hub.url, url, offline=True).sha256 == DIGEST
    assert len(hub.seen) == 1


def test_a_stored_model_is_used_while_its_server_is_unavailable(
    hub: Hub, url: str, tmp_path: Path
) -> None:
    fetch(tmp_path, hub.url, url)
    hub.statuses.extend([("/files/", 503)] * 2)
    assert fetch(tmp_path, hub.url, url).sha256 == DIGEST
    assert len(hub.seen) == 3


def test_a_cut_download_is_resumed_if_the_file_is_unchanged(
    hub: Hub, url: str, tmp_path: Path
) -> None:
    hub.faults.extend([Fault(50_000), Fault(0)])
    with pytest.raises(ModelDownloadFailed, match="cut after 50000 bytes"):
        fetch(tmp_path, hub.url, url, retry_policy=RetryPolicy(tries=1))
    fetch(tmp_path, hub.url, url)
    assert hub.ranges() == [None, "bytes=50000-", "bytes=50000-"]


def test_a_file_that_changed_after_a_cut_is_downloaded_from_its_start(
    hub: Hub, url: str, tmp_path: Path
) -> None:
    hub.faults.append(Fault(50_000))
    with pytest.raises(ModelDownloadFailed):
        fetch(tmp_path, hub.url, url, retry_policy=RetryPolicy(tries=1))
    hub.files["voice.nemo"] = OTHER
    assert fetch(tmp_path, hub.url, url).sha256 == hashlib.sha256(OTHER).hexdigest()
    assert hub.bodies()[-1].headers["if-range"] == f'"{hashlib.md5(CONTENT).hexdigest()}"'  # noqa: S324


@pytest.mark.parametrize("attribute", ["ignores_ranges", "wrong_part"])
def test_a_server_without_ranges_sends_the_complete_file(
    hub: Hub, url: str, tmp_path: Path, attribute: str
) -> None:
    setattr(hub, attribute, True)
    hub.faults.append(Fault(50_000))
    assert fetch(tmp_path, hub.url, url).sha256 == DIGEST


def test_a_cut_file_without_a_version_is_downloaded_from_its_start(
    hub: Hub, url: str, tmp_path: Path
) -> None:
    hub.sends_etags = False
    hub.faults.append(Fault(50_000))
    assert fetch(tmp_path, hub.url, url).sha256 == DIGEST
    assert hub.ranges() == [None, None]


def test_a_body_of_unknown_length_is_accepted(hub: Hub, url: str, tmp_path: Path) -> None:
    hub.sends_lengths = False
    assert fetch(tmp_path, hub.url, url).size_bytes == len(CONTENT)


def test_a_server_that_always_cuts_ends_the_tries(hub: Hub, url: str, tmp_path: Path) -> None:
    hub.ignores_ranges = True
    hub.faults.extend([Fault(50_000)] * 50)
    with pytest.raises(ModelDownloadFailed, match="6 times in a row"):
        fetch(tmp_path, hub.url, url)
    assert len(hub.bodies()) == 6


def test_a_part_longer_than_the_file_is_discarded(hub: Hub, url: str, tmp_path: Path) -> None:
    hub.sends_lengths = False  # so that the size is unknown beforehand
    hub.faults.append(Fault(50_000, stalls=True))
    with pytest.raises(ModelDownloadFailed):
        fetch(tmp_path, hub.url, url, read_timeout_s=0.2, retry_policy=RetryPolicy(tries=1))
    (partial,) = (tmp_path / ".work").glob("*/download.nemo")
    partial.write_bytes(bytes(len(CONTENT) + 1))
    hub.sends_lengths = True
    assert fetch(tmp_path, hub.url, url).sha256 == DIGEST
    assert hub.ranges() == [None, f"bytes={len(CONTENT) + 1}-", None]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, ModelUnauthorized),
        (403, ModelUnauthorized),
        (404, ModelNotFound),
        (410, ModelNotFound),
        (418, ModelDownloadFailed),
    ],
)
def test_client_errors_are_not_retried_and_hide_the_signature(
    hub: Hub, url: str, tmp_path: Path, status: int, error: type[Exception]
) -> None:
    hub.statuses.append(("/files/", status))
    with pytest.raises(error, match=r"voice\.nemo") as caught:
        fetch(tmp_path, hub.url, f"{url}?signature=s3cret")
    assert "s3cret" not in str(caught.value)
    assert len(hub.seen) == 1


def test_a_missing_file_is_reported_by_its_address(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"There is no .*other\.nemo"):
        fetch(tmp_path, hub.url, f"{hub.url}/files/other.nemo")


def test_a_redirect_to_plain_http_elsewhere_is_not_followed(
    hub: Hub, url: str, tmp_path: Path
) -> None:
    hub.statuses.append(("/files/", 302))
    hub.response_headers["Location"] = "http://models.example.org/voice.nemo?signature=s3cret"
    with pytest.raises(ModelDownloadFailed, match="https only") as caught:
        fetch(tmp_path, hub.url, url)
    assert "s3cret" not in str(caught.value)


def test_plain_http_is_allowed_to_the_hub_that_the_settings_name(tmp_path: Path) -> None:
    allowed: list[httpx2.URL] = []
    mirror = Downloader(
        retries=Retries(ONCE, lambda _: None),
        free=free_bytes,
        read_timeout_s=1.0,
        trusted_origin="http://mirror.example.org:8000",
    )
    for port in ("8000", "8001"):
        request = httpx2.Request("GET", f"http://mirror.example.org:{port}/a.nemo")
        try:
            mirror._refuse_plain_http(request)
        except ModelDownloadFailed:
            continue
        allowed.append(request.url)
    assert [url.port for url in allowed] == [8000]


def test_endless_redirects_are_given_up(hub: Hub, url: str, tmp_path: Path) -> None:
    hub.statuses.extend([("/files/", 302)] * 50)
    hub.response_headers["Location"] = url
    with pytest.raises(ModelDownloadFailed, match="cannot be downloaded"):
        fetch(tmp_path, hub.url, url)


def test_a_download_larger_than_the_limit_is_refused(hub: Hub, url: str, tmp_path: Path) -> None:
    downloader = Downloader(
        retries=Retries(ONCE, lambda _: None),
        free=free_bytes,
        read_timeout_s=1.0,
        trusted_origin=hub.url,
        limit_bytes=1000,
    )
    with pytest.raises(ModelArchiveRefused, match="more than 1000 bytes"):
        downloader.fetch(RemoteFile(url), tmp_path, ProgressReporter(None, lambda: 0.0))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size_bytes", [10, len(CONTENT) + 10])
def test_a_file_of_another_size_than_the_hub_states_is_refused(
    hub: Hub, url: str, tmp_path: Path, size_bytes: int
) -> None:
    downloader = Downloader(
        retries=Retries(ONCE, lambda _: None),
        free=free_bytes,
        read_timeout_s=1.0,
        trusted_origin=hub.url,
    )
    remote = RemoteFile(url, size_bytes=size_bytes, version="commit/voice.nemo")
    with pytest.raises(ModelDownloadFailed, match=f"instead of {size_bytes}"):
        downloader.fetch(remote, tmp_path, ProgressReporter(None, lambda: 0.0))


def test_the_version_of_a_response_is_its_etag_else_its_date() -> None:
    response = httpx2.Response(200, headers={"Last-Modified": "Sun, 22 Nov 2026 16:00:00 GMT"})
    assert version_of(response) == "Sun, 22 Nov 2026 16:00:00 GMT"
    assert version_of(httpx2.Response(200)) is None


def test_a_part_with_a_damaged_note_is_not_resumed(tmp_path: Path) -> None:
    (tmp_path / "download.nemo").write_bytes(b"part")
    (tmp_path / "download.json").write_text("{}")
    assert PartialFile(RemoteFile("https://example.org/a.nemo"), tmp_path).have_bytes() == 0


def test_waits_grow_to_a_limit() -> None:
    policy = RetryPolicy()
    assert [policy.wait_s(failures) for failures in (1, 2, 3, 6, 9)] == [1, 2, 4, 30, 30]
