"""A certificate and its key in files: what a server can use, and what is wrong with the rest."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nemo_voice_serving.tls.key_pair import KeyPair, KeyPairFiles, UnusableCertificate
from support.certificates import EC, ED25519, RSA, Authority, Pair, encrypted

DAY_S = 86_400


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    """A pair with which nothing is wrong."""
    return authority.pair("good")


def checked(pair: Pair, clock: Callable[[], float] = time.time) -> KeyPair:
    """Returns the pair as a server uses it."""
    files = KeyPairFiles(pair.certificate, pair.key, clock)
    return files.checked(files.read())


@pytest.mark.parametrize("key", [EC, RSA, ED25519], ids=["EC", "RSA", "Ed25519"])
def test_a_pair_is_read_with_the_time_of_its_expiry(
    authority: Authority, key: tuple[str, ...]
) -> None:
    found = checked(authority.pair("-".join(key)[-5:].replace(":", ""), key=key))
    assert found.expires_s == pytest.approx(time.time() + 30 * DAY_S, abs=60)
    assert found.expires.startswith("20")


def test_one_file_may_hold_both(authority: Authority) -> None:
    assert checked(Pair(authority.server, authority.server)).expires_s > time.time()


def test_a_chain_follows_the_certificate(authority: Authority, pair: Pair, tmp_path: Path) -> None:
    chain = tmp_path / "chain.crt"
    chain.write_bytes(pair.certificate.read_bytes() + authority.certificate.read_bytes())
    assert checked(Pair(chain, pair.key)).expires_s == checked(pair).expires_s


def test_the_key_is_in_no_representation(pair: Pair) -> None:
    assert "PRIVATE" not in repr(checked(pair))


def test_a_key_of_another_certificate_is_named(authority: Authority, pair: Pair) -> None:
    for other in (authority.pair("other"), authority.pair("other-rsa", key=RSA)):
        with pytest.raises(
            UnusableCertificate, match=r"good\.key: the key does not belong"
        ) as error:
            checked(Pair(other.certificate, pair.key))
        assert str(other.certificate) in str(error.value)


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_its_passphrase(pair: Pair) -> None:
    with pytest.raises(UnusableCertificate, match=r"good\.encrypted: the key is encrypted"):
        checked(encrypted(pair))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (lambda pair: pair.der(), "there is no -----BEGIN CERTIFICATE-----"),
        (lambda _pair: b"", "there is no -----BEGIN CERTIFICATE-----"),
        (lambda pair: pair.key.read_bytes(), "there is no -----BEGIN CERTIFICATE-----"),
        (lambda pair: pair.certificate.read_bytes()[:400], "it is cut off"),
        (lambda pair: pair.certificate.read_bytes().replace(b"MII", b"AII"), "is damaged"),
        (
            lambda _pair: b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
            "the certificate is damaged",
        ),
    ],
    ids=["DER", "empty", "a key", "half", "damaged", "hollow"],
)
def test_what_is_no_certificate_is_refused_by_the_name_of_its_file(
    content: Callable[[Pair], bytes], problem: str, pair: Pair, tmp_path: Path
) -> None:
    path = tmp_path / "bad.crt"
    path.write_bytes(content(pair))
    with pytest.raises(UnusableCertificate, match=problem) as error:
        checked(Pair(path, pair.key))
    assert str(error.value).startswith(f"{path}: ")


def test_half_a_key_is_refused(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "half.key"
    path.write_bytes(pair.key.read_bytes()[:100])
    with pytest.raises(UnusableCertificate, match=r"half\.key: it is cut off"):
        checked(Pair(pair.certificate, path))


def test_a_damaged_key_is_refused(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "bad.key"
    path.write_bytes(pair.key.read_bytes().replace(b"MIG", b"MIX"))
    with pytest.raises(UnusableCertificate, match=r"bad\.key"):
        checked(Pair(pair.certificate, path))


def test_a_damaged_certificate_of_an_authority_is_refused(pair: Pair, tmp_path: Path) -> None:
    chain = tmp_path / "chain"
    rest = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    chain.write_bytes(pair.certificate.read_bytes() + rest)
    files = KeyPairFiles(chain, pair.key)
    with pytest.raises(UnusableCertificate, match="one of them is damaged"):
        files.checked(files.read())


def test_a_certificate_out_of_its_time_is_refused(pair: Pair) -> None:
    now_s = time.time()
    with pytest.raises(UnusableCertificate, match=r"good\.crt: it expired at 20"):
        checked(pair, lambda: now_s + 31 * DAY_S)
    with pytest.raises(UnusableCertificate, match=r"not valid before 20.*clock"):
        checked(pair, lambda: now_s - DAY_S)


def test_a_certificate_of_clients_is_refused(authority: Authority) -> None:
    clients = authority.pair("clients", extensions="extendedKeyUsage=clientAuth")
    with pytest.raises(UnusableCertificate, match=r"clients\.crt: unsuitable certificate purpose"):
        checked(clients)


def test_a_key_that_is_too_short_is_refused(authority: Authority) -> None:
    with pytest.raises(UnusableCertificate, match="key too small"):
        checked(authority.pair("short", key=("-newkey", "rsa:1024")))


def test_files_that_change_under_the_reader_are_not_taken(
    authority: Authority, pair: Pair, tmp_path: Path
) -> None:
    copy = pair.copied_to(tmp_path / "mounted")
    files = KeyPairFiles(copy.certificate, copy.key)
    contents = files.read()
    authority.pair("newer").copied_to(tmp_path / "mounted")
    with pytest.raises(UnusableCertificate, match="changed while it was read"):
        files.checked(contents)


def test_a_folder_or_no_file_is_an_error_of_the_system(pair: Pair, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(OSError, match=str(path)):
            checked(Pair(path, pair.key))
