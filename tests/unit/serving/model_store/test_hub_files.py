"""Repositories with several checkpoints, pages of catalogs, and what is denied and why."""

from pathlib import Path

import pytest

from nemo_voice_serving.model_store.errors import (
    FailureReason,
    InvalidModelReference,
    ModelNotFound,
    ModelUnauthorized,
)
from nemo_voice_serving.model_store.reference import identity_of, parse_reference
from support.hub.server import TOKEN, Hub
from support.models.checkpoints import nemo_file
from support.models.stores import fetch, store_of

NAME = "acme/voices"
ONE, TWO, OTHER = (nemo_file(weight_bytes=size) for size in (10_000, 20_000, 30_000))
FIRST, SECOND = "a" * 40, "b" * 40
NGC = "https://api.ngc.nvidia.com/v2/models/nvidia/nemo/tts_es/versions/1.15.0/files/tts_es.nemo"

NGC_BY_TEAM = "https://api.ngc.nvidia.com/v2/models/org/nvidia/team/nemo/tts_es/1.15.0/files"


@pytest.fixture
def voices(hub: Hub) -> Hub:
    """The hub with a private repository of several models, at two commits."""
    hub.add(NAME, {"one.nemo": ONE, "more/two.nemo": TWO, "README.md": b""}, commit=FIRST)
    hub.add(NAME, {"one.nemo": OTHER, "more/two.nemo": TWO}, commit=SECOND)
    hub.add(NAME, hub.repositories[NAME].commits[FIRST], commit=FIRST, ref="v1")
    hub.repositories[NAME].private = True
    return hub


@pytest.mark.parametrize(
    ("source", "content", "commit"),
    [
        (f"{NAME}/one.nemo", OTHER, SECOND),
        (f"{NAME}/one.nemo@v1", ONE, FIRST),
        (f"{NAME}/one.nemo@{FIRST}", ONE, FIRST),
        (f"{NAME}/more/two.nemo", TWO, SECOND),
        (f"https://huggingface.co/{NAME}/blob/main/more/two.nemo", TWO, SECOND),
        (f"https://huggingface.co/{NAME}/blob/v1/one.nemo?download=true", ONE, FIRST),
    ],
)
def test_one_of_several_files_of_a_private_repository(
    voices: Hub, tmp_path: Path, source: str, content: bytes, commit: str
) -> None:
    model = fetch(tmp_path, voices.url, source, token=TOKEN)
    assert (model.size_bytes, model.revision) == (len(content), commit)
    voices.seen.clear()
    again = fetch(tmp_path, voices.url, source, offline=True)
    assert again.directory == model.directory
    assert not voices.seen


def test_files_of_one_commit_do_not_meet_on_disk(voices: Hub, tmp_path: Path) -> None:
    names = ("one.nemo", "more/two.nemo")
    models = [fetch(tmp_path, voices.url, f"{NAME}/{name}", token=TOKEN) for name in names]
    assert models[0].directory != models[1].directory


def test_several_files_are_listed_with_how_to_name_one(voices: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"more/two\.nemo, one\.nemo") as error:
        fetch(tmp_path, voices.url, NAME, token=TOKEN)
    assert error.value.reason is FailureReason.CHECKPOINT_NOT_FOUND
    assert f"such as {NAME}/more/two.nemo" in error.value.advice


def test_missing_file_is_named_beside_those_that_are_there(voices: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"no file two\.nemo\..*more/two\.nemo, one\.nemo"):
        fetch(tmp_path, voices.url, f"{NAME}/two.nemo", token=TOKEN)


def test_repository_without_checkpoints_says_what_it_holds(hub: Hub, tmp_path: Path) -> None:
    hub.add("acme/canary-qwen", {"model.safetensors": b"", "README.md": b""})
    with pytest.raises(ModelNotFound, match=r"no \.nemo file\. It holds: README\.md, model\.safe"):
        fetch(tmp_path, hub.url, "acme/canary-qwen")


def test_address_of_a_file_on_the_hub_is_asked_for_with_the_token(
    voices: Hub, tmp_path: Path
) -> None:
    address = f"{voices.url}/{NAME}/resolve/main/one.nemo"
    assert fetch(tmp_path, voices.url, address, token=TOKEN).size_bytes == len(OTHER)
    with pytest.raises(ModelUnauthorized):
        fetch(tmp_path / "other", voices.url, address)


def test_no_other_host_gets_the_token(voices: Hub, tmp_path: Path) -> None:
    voices.files["plain.nemo"] = ONE
    elsewhere = voices.url.replace("127.0.0.1", "localhost")
    fetch(tmp_path, voices.url, f"{elsewhere}/files/plain.nemo", token=TOKEN)
    assert all("authorization" not in seen.headers for seen in voices.seen)


def test_gated_repository_is_told_from_a_private_one(voices: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelUnauthorized, match="is private or does not exist") as private:
        fetch(tmp_path, voices.url, f"{NAME}/one.nemo")
    assert private.value.reason is FailureReason.HUB_UNAUTHORIZED
    voices.repositories[NAME].private = False
    voices.repositories[NAME].gated = True
    with pytest.raises(ModelUnauthorized, match=r"is gated\. Accept its terms") as gated:
        fetch(tmp_path, voices.url, f"{NAME}/one.nemo")
    assert gated.value.reason is FailureReason.HUB_FORBIDDEN


def test_gated_repository_of_a_mirror_that_gives_no_reason(voices: Hub, tmp_path: Path) -> None:
    voices.repositories[NAME].private = False
    voices.repositories[NAME].gated = True
    voices.statuses.append((f"/{NAME}/resolve/", 403))
    with pytest.raises(ModelUnauthorized, match="is gated"):
        fetch(tmp_path, voices.url, f"{NAME}/one.nemo", token=TOKEN)


@pytest.mark.parametrize(
    ("status", "token", "words"),
    [
        (403, TOKEN, "may not be read with this token .* accept its terms.*fine-grained"),
        (403, None, "may not be read without a token .* accept its terms"),
        (401, TOKEN, "the hub does not know the token"),
    ],
)
def test_denial_without_a_reason_names_what_it_can_be(
    voices: Hub, tmp_path: Path, status: int, token: str | None, words: str
) -> None:
    voices.statuses.append(("/api", status))
    with pytest.raises(ModelUnauthorized, match=words):
        fetch(tmp_path, voices.url, NAME, token=token)


def test_gated_file_by_its_address_is_named_as_gated(voices: Hub, tmp_path: Path) -> None:
    voices.repositories[NAME].private = False
    voices.repositories[NAME].gated = True
    with pytest.raises(ModelUnauthorized, match="is gated"):
        fetch(tmp_path, voices.url, f"{voices.url}/{NAME}/resolve/main/one.nemo")


def test_file_of_nvidias_catalog_is_fetched_through_its_redirect(hub: Hub, tmp_path: Path) -> None:
    path = NGC.partition(".com/")[2]
    hub.files["signed.nemo"] = ONE
    hub.statuses.append((f"/files/{path}", 302))
    hub.response_headers["Location"] = f"{hub.url}/files/signed.nemo?Signature=s3cret"
    model = fetch(tmp_path, hub.url, f"{hub.url}/files/{path}", token=None)
    assert model.size_bytes == len(ONE)
    assert model.directory.name.startswith("127.0.0.1_")
    assert "--files.v2.models.nvidia.nemo.tts_es.versions.1.15.0.files--tts_es@" in str(
        model.directory
    )


@pytest.mark.parametrize(
    ("source", "meant", "revision"),
    [
        ("https://huggingface.co/nvidia/tts_hifigan", "nvidia/tts_hifigan", None),
        ("https://hf.co/nvidia/tts_hifigan/", "nvidia/tts_hifigan", None),
        ("https://huggingface.co/nvidia/a/tree/main", "nvidia/a", "main"),
        ("https://huggingface.co/nvidia/a/tree/refs%2Fpr%2F1", "nvidia/a", "refs/pr/1"),
        ("https://huggingface.co/nvidia/a/blob/v1/b/c.nemo", "nvidia/a/b/c.nemo", "v1"),
        ("https://huggingface.co/nvidia/a/raw/main/c.nemo", "nvidia/a/c.nemo", "main"),
        ("nvidia/a@v2", "nvidia/a", "v2"),
        ("nvidia/a/b c.nemo@v2", "nvidia/a/b c.nemo", "v2"),
        (NGC, NGC, None),
        (
            f"{NGC_BY_TEAM}?redirect=true&path=tts_es.nemo",
            NGC,
            None,
        ),
        (
            "https://api.ngc.nvidia.com/v2/models/org/acme/v/1/files?path=v.nemo",
            "https://api.ngc.nvidia.com/v2/models/acme/v/versions/1/files/v.nemo",
            None,
        ),
    ],
)
def test_address_of_a_browser_means_the_model(
    source: str, meant: str, revision: str | None
) -> None:
    reference = parse_reference(source)
    assert (reference.source, reference.revision) == (meant, revision)


@pytest.mark.parametrize(
    ("source", "revision", "words"),
    [
        ("https://huggingface.co/nvidia", None, "not the page of a model"),
        ("https://huggingface.co/datasets/nvidia/x", None, "not the page of a model"),
        ("https://huggingface.co/nvidia/a/discussions/3", None, "'nvidia/a/FILE.nemo'"),
        ("https://huggingface.co/nvidia/a/tree/main/folder", None, "'nvidia/a/FILE.nemo'"),
        ("https://huggingface.co/nvidia/a/blob/main/README.md", None, "names no model"),
        ("https://huggingface.co/nvidia/a/blob/main/../x.nemo", None, "names no model"),
        ("https://catalog.ngc.nvidia.com/orgs/nvidia/models/x", None, r"api\.ngc\.nvidia\.com"),
        ("nvidia/nemo/tts_es:1.15.0", None, r"api\.ngc\.nvidia\.com"),
        ("huggingface.co/nvidia/a", None, "https://huggingface"),
        ("nvidia/a/b", None, r"ends in `\.nemo`"),
        ("nvidia/a/../b.nemo", None, "names no model"),
        ("nvidia/a/./b.nemo", None, "names no model"),
        ("nvidia/a//b.nemo", None, "names no model"),
        ("nvidia/a@", None, "no revision"),
        ("nvidia/a@v1@v2", None, "not a revision"),
        ("nvidia/a@v1", "v2", "Two revisions"),
        ("https://huggingface.co/nvidia/a/tree/v1", "v2", "Two revisions"),
    ],
)
def test_what_is_no_model_is_refused_with_what_to_write(
    source: str, revision: str | None, words: str
) -> None:
    with pytest.raises(InvalidModelReference, match=words):
        parse_reference(source, revision)


def test_names_on_disk_differ_for_different_files() -> None:
    sources = ["o/n", "o/n/a.nemo", "o/n/b.nemo", "o/n/a/b.nemo", "o/n/a.b.nemo", "o/n/a_b.nemo",
               "o/n/a b.nemo", "o/n/a--b.nemo", "o/n/a-_b.nemo"]  # fmt: skip
    names = {identity_of(parse_reference(source), hub_host="h") for source in sources}
    assert len(names) == len(sources)
    assert "h--o--n--a" in names


def test_revision_given_twice_alike_is_one(voices: Hub, tmp_path: Path) -> None:
    store = store_of(tmp_path, voices.url, token=TOKEN)
    reference = parse_reference(f"{NAME}/one.nemo@v1", "v1")
    assert store.resolve(reference).revision == FIRST
