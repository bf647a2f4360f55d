"""The certificate in force follows its files, and what cannot be used changes nothing."""

import logging
import time
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from nemo_voice_serving.settings import TlsSettings
from nemo_voice_serving.tls.key_pair import KeyPairFiles, UnusableCertificate
from nemo_voice_serving.tls.server_certificate import ServerCertificate, TlsMetrics
from support.certificates import Authority, Pair

LOGGER = "nemo_voice_serving.tls.server_certificate"


@pytest.fixture(scope="module")
def pairs(authority: Authority) -> tuple[Pair, Pair]:
    """Two pairs for the same name."""
    return authority.pair("first"), authority.pair("second")


class Mounted:
    """A folder with a pair, and a certificate that follows it."""

    def __init__(self, folder: Path, pair: Pair) -> None:
        self.folder = folder
        self.files = pair.copied_to(folder)
        self.registry = CollectorRegistry()
        self.now_s = time.time()
        files = KeyPairFiles(self.files.certificate, self.files.key, lambda: self.now_s)
        self.certificate = ServerCertificate(files, TlsMetrics(self.registry))

    @property
    def shown(self) -> bytes:
        """The bytes of the certificate in force."""
        return self.certificate.current.contents[0]

    def is_refused(self) -> bool:
        """Whether metrics say that the newest cannot be used."""
        return bool(self.registry.get_sample_value("nemo_voice_tls_refused"))

    def look(self, times: int = 2) -> None:
        """Lets so many looks happen."""
        for _ in range(times):
            self.certificate.refresh()


@pytest.fixture
def mounted(tmp_path: Path, pairs: tuple[Pair, Pair]) -> Mounted:
    """The first pair, in force."""
    return Mounted(tmp_path / "mounted", pairs[0])


def test_a_change_counts_once_two_looks_find_the_same(
    mounted: Mounted, pairs: tuple[Pair, Pair]
) -> None:
    first, second = (pair.certificate.read_bytes() for pair in pairs)
    pairs[1].copied_to(mounted.folder)
    mounted.look(1)
    assert mounted.shown == first
    mounted.look(1)
    assert mounted.shown == second


def test_half_a_change_is_no_change(mounted: Mounted, pairs: tuple[Pair, Pair]) -> None:
    whole = pairs[1].certificate.read_bytes()
    for most in (100, 300):  # as a slow copy grows
        mounted.files.certificate.write_bytes(whole[:most])
        mounted.look(1)
    assert not mounted.is_refused()
    pairs[1].copied_to(mounted.folder)
    mounted.look()
    assert mounted.shown == whole


def test_a_swapped_link_is_followed(tmp_path: Path, pairs: tuple[Pair, Pair]) -> None:
    """As the kubelet mounts a Secret: links into a folder that is a link itself."""
    folder = tmp_path / "secret"
    for number, pair in enumerate(pairs):
        pair.copied_to(tmp_path / f"version{number}")
    folder.mkdir()
    (folder / "..data").symlink_to(tmp_path / "version0")
    files = KeyPairFiles(folder / "tls.crt", folder / "tls.key")
    for file in (files.certificate, files.key):
        file.symlink_to(Path("..data") / file.name)
    made = ServerCertificate(files, TlsMetrics(CollectorRegistry()))
    (folder / "..new").symlink_to(tmp_path / "version1")
    (folder / "..new").replace(folder / "..data")
    made.refresh()
    made.refresh()
    assert made.current.contents[0] == pairs[1].certificate.read_bytes()


def test_a_pair_that_does_not_belong_together_is_refused_in_one_line_and_one_metric(
    mounted: Mounted, pairs: tuple[Pair, Pair], caplog: pytest.LogCaptureFixture
) -> None:
    expiry_s = mounted.certificate.current.expires_s
    mounted.files.certificate.write_bytes(pairs[1].certificate.read_bytes())
    mounted.look(5)
    assert mounted.shown == pairs[0].certificate.read_bytes()
    assert mounted.is_refused()
    name = "nemo_voice_tls_certificate_expiry_timestamp_seconds"
    assert mounted.registry.get_sample_value(name) == expiry_s
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.message == "the new certificate cannot be used, the earlier one stays"
    assert "does not belong" in vars(record)["reason"]
    mounted.files.key.write_bytes(pairs[1].key.read_bytes())
    mounted.look()
    assert mounted.shown == pairs[1].certificate.read_bytes()
    assert not mounted.is_refused()


def test_what_is_put_back_is_no_problem_any_more(
    mounted: Mounted, pairs: tuple[Pair, Pair]
) -> None:
    mounted.files.key.write_text("")
    mounted.look()
    assert mounted.is_refused()
    pairs[0].copied_to(mounted.folder)
    mounted.look()
    assert not mounted.is_refused()


def test_files_that_are_gone_are_a_problem_and_the_pair_stays(
    mounted: Mounted, pairs: tuple[Pair, Pair], caplog: pytest.LogCaptureFixture
) -> None:
    mounted.files.key.unlink()
    mounted.look(1)
    assert not mounted.is_refused()
    mounted.look(3)
    assert mounted.is_refused()
    assert mounted.shown == pairs[0].certificate.read_bytes()
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert vars(record)["reason"] == f"{mounted.files.key}: No such file or directory"


def test_a_pair_that_is_too_early_is_used_when_its_time_has_come(
    mounted: Mounted, authority: Authority
) -> None:
    authority.pair("early").copied_to(mounted.folder)
    mounted.now_s -= 86_400
    mounted.look()
    assert mounted.is_refused()
    mounted.now_s = time.time()
    mounted.look(1)
    assert not mounted.is_refused()
    assert mounted.shown == mounted.files.certificate.read_bytes()


def test_what_stays_is_read_once(mounted: Mounted, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    mounted.look(5)
    assert caplog.records == []


def test_the_settings_name_the_files(pairs: tuple[Pair, Pair]) -> None:
    settings = TlsSettings.model_validate(pairs[0].settings)
    made = ServerCertificate.of(settings, CollectorRegistry())
    assert made is not None
    assert made.current.contents[0] == pairs[0].certificate.read_bytes()
    assert ServerCertificate.of(TlsSettings(), CollectorRegistry()) is None


def test_a_file_that_is_not_there_ends_the_start(tmp_path: Path, pairs: tuple[Pair, Pair]) -> None:
    settings = TlsSettings(certificate_file=tmp_path / "none", key_file=pairs[0].key)
    with pytest.raises(UnusableCertificate, match=r"none: No such file or directory$"):
        ServerCertificate.of(settings, CollectorRegistry())
