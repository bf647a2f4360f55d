"""The forms of a reference, the message about any other form, and the model's name on disk."""

from pathlib import Path

import pytest

from nemo_voice_serving.model_store.errors import InvalidModelReference
from nemo_voice_serving.model_store.reference import (
    ModelKind,
    ModelReference,
    identity_of,
    is_commit,
    is_loopback,
    parse_reference,
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "ab" * 32


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("demo", ModelKind.DEMO),
        (" demo ", ModelKind.DEMO),
        ("nvidia/parakeet-tdt-1.1b", ModelKind.HUB),
        ("file:///models/voice.nemo", ModelKind.FILE),
        ("file://localhost/models/voice.nemo", ModelKind.FILE),
        ("file:///models/unpacked", ModelKind.FILE),
        ("file:///models/unpacked/", ModelKind.FILE),
        ("file:///models/..voice/v1..2/.hidden.nemo", ModelKind.FILE),
        ("file:///models/%C3%A9t%C3%A9%20%25.nemo", ModelKind.FILE),
        ("https://models.example.org/a/voice.nemo", ModelKind.HTTPS),
        ("https://models.example.org:8443/voice.nemo?X-Signature=1", ModelKind.HTTPS),
        ("http://127.0.0.1:8000/voice.nemo", ModelKind.HTTPS),
        ("http://localhost/voice.nemo", ModelKind.HTTPS),
        ("http://[::1]:8000/voice.nemo", ModelKind.HTTPS),
    ],
)
def test_every_documented_form_is_parsed(source: str, kind: ModelKind) -> None:
    assert parse_reference(source).kind is kind


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ("", "Write `demo`"),
        ("tts_en_fastpitch", "nvidia/tts_en_fastpitch"),
        ("/models/voice.nemo", "file:///models/voice.nemo"),
        ("./voice.nemo", "file://"),
        ("a/b/c", "Write `demo`"),
        ("a/../b", "Write `demo`"),
        ("owner/na--me", "Write `demo`"),
        ("s3://bucket/voice.nemo", "not supported"),
        ("http://models.example.org/voice.nemo", "https only"),
        ("http://127.0.0.1.example.org/voice.nemo", "https only"),
        ("https://models.example.org/voice.tar.gz", ".nemo"),
        ("https:///voice.nemo", "name a host"),
        ("https://me:secret@models.example.org/voice.nemo", "logs"),
        ("https://models.example.org:port/voice.nemo", "not an address"),
        ("file://models/voice.nemo", "three slashes"),
        ("file:///models/voice.nemo?x=1", "%3F"),
        ("file:///../../etc/voice.nemo", "without `.`, `..`"),
        ("file:///models/../voice.nemo", "without `.`, `..`"),
        ("file:///models/..", "without `.`, `..`"),
        ("file:///./voice.nemo", "without `.`, `..`"),
        ("file:///models/.", "without `.`, `..`"),
        ("file:///%2e%2E/voice.nemo", "without `.`, `..`"),
        ("file:///models/.%2e/voice.nemo", "without `.`, `..`"),
        ("file:///models/..%2fvoice.nemo", "without `.`, `..`"),
        ("file:///models%2Fvoice.nemo", "without `.`, `..`"),
        ("file:///models//voice.nemo", "`//`"),
        ("file:////models/voice.nemo", "`//`"),
        ("file:///", "write the plain path"),
        ("file:///models\\..\\voice.nemo", "backslashes"),
        ("file:///models%5Cvoice.nemo", "backslashes"),
        ("file:///models/voice%00.nemo", "control characters"),
        ("file:///models/voice\n.nemo", "control characters"),
        ("https://models.example.org/vo\tice.nemo", "control characters"),
    ],
)
def test_other_forms_are_refused_with_what_to_write(source: str, advice: str) -> None:
    with pytest.raises(InvalidModelReference, match=r".") as caught:
        parse_reference(source)
    assert advice in str(caught.value)
    assert "secret" not in str(caught.value)


def test_only_hub_models_have_revisions() -> None:
    assert parse_reference("nvidia/a", "v1.0/x").revision == "v1.0/x"
    assert parse_reference("nvidia/a", "").revision is None
    with pytest.raises(InvalidModelReference, match="sha256"):
        parse_reference("demo", "main")


@pytest.mark.parametrize("revision", ["../main", "a b", "-x"])
def test_an_invalid_revision_is_refused(revision: str) -> None:
    with pytest.raises(InvalidModelReference, match="commit"):
        parse_reference("nvidia/a", revision)


def test_a_digest_is_validated_and_normalised() -> None:
    assert parse_reference("demo", sha256=f"sha256:{DIGEST.upper()}").sha256 == DIGEST
    assert parse_reference("demo", sha256="").sha256 is None
    with pytest.raises(InvalidModelReference, match="64"):
        parse_reference("demo", sha256="abc")


def test_labels_show_revisions_and_hide_signatures() -> None:
    assert parse_reference("nvidia/a", "v1").label == "nvidia/a@v1"
    signed = parse_reference("https://example.org/a.nemo?signature=s3cret")
    assert signed.label == signed.plain_source == "https://example.org/a.nemo"


def test_a_path_is_read_from_its_address() -> None:
    assert parse_reference("file:///my%20models/a.nemo").path == Path("/my models/a.nemo")


@pytest.mark.parametrize(
    ("source", "identity"),
    [
        ("demo", "local--demo--voice"),
        ("nvidia/tts_hifigan", "hub.example_8080--nvidia--tts_hifigan"),
        ("file:///models/my%20voice.nemo", "local--file--my_voice"),
        ("https://example.org/voice.nemo", "example.org--root--voice"),
        ("https://example.org:8443/a/b/voice.nemo?s=1", "example.org_8443--a.b--voice"),
        ("https://example.org/a--b/.nemo", "example.org--a-_b--unnamed"),
    ],
)
def test_a_model_gets_a_readable_name_on_disk(source: str, identity: str) -> None:
    reference = parse_reference(source)
    got = identity_of(reference, hub_host="hub.example:8080", demo_file="voice.nemo")
    assert got == identity


def test_long_names_stay_different_and_short_enough_for_a_filesystem() -> None:
    names = [
        identity_of(ModelReference(ModelKind.FILE, f"file:///{'x' * 300}{end}.nemo"), hub_host="h")
        for end in "ab"
    ]
    assert names[0] != names[1]
    assert all(len(name) < 150 for name in names)


def test_commits_and_loopback_hosts_are_recognised() -> None:
    assert is_commit(COMMIT)
    assert not is_commit("main")
    assert not is_commit(None)
    assert is_loopback("127.8.9.1")
    assert not is_loopback("10.0.0.1")
    assert not is_loopback(None)
