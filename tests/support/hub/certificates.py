"""Certificate authorities for tests, made by OpenSSL's command."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Authority:
    """An authority, and a server's certificate that it signed for this machine."""

    certificate: Path
    """Its own certificate, which those who trust it have."""
    server: Path
    """Key and certificate of the server, in one file."""


def authority_in(folder: Path) -> Authority:
    """Returns a new authority whose files are in this folder, which is made."""
    folder.mkdir()
    authority, key = folder / "ca.crt", folder / "ca.key"
    request, server, server_key = folder / "request", folder / "server.crt", folder / "server.key"
    name = f"/CN={folder.name}"
    _openssl("req", "-x509", *_NEW_KEY, "-keyout", key, "-out", authority, "-subj", name)
    _openssl("req", *_NEW_KEY, "-keyout", server_key, "-out", request, "-subj", "/CN=localhost")
    names = folder / "names"
    names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    signing = ("-CA", authority, "-CAkey", key, "-CAcreateserial", "-extfile", names)
    _openssl("x509", "-req", "-in", request, *signing, "-out", server)
    both = folder / "server.pem"
    both.write_text(server_key.read_text() + server.read_text())
    return Authority(authority, both)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
