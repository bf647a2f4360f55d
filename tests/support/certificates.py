"""Certificate authorities for tests, made by OpenSSL's command."""

import shutil
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
"""How a key of an elliptic curve is asked for."""
RSA = ("-newkey", "rsa:2048")
ED25519 = ("-newkey", "ed25519")
_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


@dataclass(frozen=True)
class Pair:
    """The certificate of a server on this machine, and its key."""

    certificate: Path
    key: Path

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a service that shows it."""
        return {"certificate_file": str(self.certificate), "key_file": str(self.key)}

    def copied_to(self, folder: Path) -> "Pair":
        """Returns a copy in the folder, by a Secret's names, in place of one that is there."""
        copy = Pair(folder / "tls.crt", folder / "tls.key")
        folder.mkdir(exist_ok=True)
        shutil.copy(self.certificate, copy.certificate)
        shutil.copy(self.key, copy.key)
        return copy

    def der(self) -> bytes:
        """Returns the certificate as a client gets it."""
        return ssl.PEM_cert_to_DER_cert(self.certificate.read_text())


@dataclass(frozen=True)
class Authority:
    """An authority, and a server's certificate that it signed for this machine."""

    certificate: Path
    """Its own certificate, which those who trust it have."""
    server: Path
    """Key and certificate of the server, in one file."""
    folder: Path

    def pair(self, name: str, *, key: Sequence[str] = EC, extensions: str = _NAMES) -> Pair:
        """Returns a new certificate with a new key, signed by the authority."""
        made = Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        request, added = self.folder / f"{name}.csr", self.folder / f"{name}.txt"
        _openssl(
            "req", *key, "-nodes", "-keyout", made.key, "-out", request, "-subj", "/CN=localhost"
        )
        added.write_text(f"{extensions}\n")
        signing = ("-CA", self.certificate, "-CAkey", self.folder / "ca.key", "-CAcreateserial")
        _openssl(
            "x509", "-req", "-in", request, *signing, "-extfile", added, "-out", made.certificate
        )
        return made

    def client(self) -> ssl.SSLContext:
        """Returns what a client that trusts the authority connects with."""
        return ssl.create_default_context(cafile=self.certificate)


def authority_in(folder: Path) -> Authority:
    """Returns a new authority whose files are in this folder, which is made."""
    folder.mkdir()
    made = Authority(folder / "ca.crt", folder / "server.pem", folder)
    files = ("-keyout", folder / "ca.key", "-out", made.certificate)
    _openssl("req", "-x509", *EC, "-nodes", *files, "-subj", f"/CN={folder.name}")
    server = made.pair("server")
    made.server.write_text(server.key.read_text() + server.certificate.read_text())
    return made


def encrypted(pair: Pair) -> Pair:
    """Returns the pair with a key that a passphrase protects."""
    key = pair.key.with_suffix(".encrypted")
    _openssl("pkey", "-in", pair.key, "-aes256", "-passout", "pass:sesame", "-out", key)
    return Pair(pair.certificate, key)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
