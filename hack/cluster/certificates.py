"""Certificates, keys and kubeconfigs for one throw-away Kubernetes, made by openssl."""

import json
import subprocess
from pathlib import Path

# Without the machine's own configuration, which adds extensions of its own.
_REQUEST = ("openssl", "req", "-x509", "-config", "/dev/null", "-nodes", "-days", "3650")
_ELLIPTIC = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
_NEW_KEY = ("-newkey", "ec", *_ELLIPTIC[2:])


class Authority:
    """A certificate authority and the certificates that it signed, as files of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = folder / "ca.crt"
        self.key = folder / "ca.key"

    @classmethod
    def made_in(cls, folder: Path) -> "Authority":
        """Returns a new authority, with the keys that sign service accounts' tokens beside it."""
        folder.mkdir(parents=True)
        authority = cls(folder)
        _openssl(
            *(*_REQUEST, *_NEW_KEY, "-subj", "/CN=kubernetes-ca"),
            *("-addext", "basicConstraints=critical,CA:TRUE"),
            *("-addext", "keyUsage=critical,keyCertSign,digitalSignature"),
            *("-keyout", authority.key, "-out", authority.certificate),
        )
        private, public = folder / "service-accounts.key", folder / "service-accounts.pub"
        _openssl("openssl", "genpkey", *_ELLIPTIC, "-out", private)
        _openssl("openssl", "pkey", "-in", private, "-pubout", "-out", public)
        return authority

    def issue(
        self,
        name: str,
        *,
        user: str,
        groups: tuple[str, ...] = (),
        hosts: tuple[str, ...] = ("DNS:localhost",),
    ) -> None:
        """Writes `name.crt` and `name.key` for a server or client that is this user."""
        subject = "".join((*(f"/O={group}" for group in groups), f"/CN={user}"))
        _openssl(
            *(*_REQUEST, *_NEW_KEY, "-subj", subject),
            *("-CA", self.certificate, "-CAkey", self.key),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-addext", "extendedKeyUsage=serverAuth,clientAuth"),
            *("-addext", f"subjectAltName={','.join(hosts)}"),
            *("-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.crt"),
        )

    def kubeconfig(self, name: str, *, server: str, token: str | None = None) -> Path:
        """Returns a kubeconfig that carries the token, or else the certificate issued as `name`."""
        credentials = (
            {"token": token}
            if token
            else {
                "client-certificate": str(self.folder / f"{name}.crt"),
                "client-key": str(self.folder / f"{name}.key"),
            }
        )
        cluster = {"server": server, "certificate-authority": str(self.certificate)}
        path = self.folder / f"{name}.kubeconfig"
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "local",
                    "clusters": [{"name": "local", "cluster": cluster}],
                    "users": [{"name": name, "user": credentials}],
                    "contexts": [{"name": "local", "context": {"cluster": "local", "user": name}}],
                }
            )
        )
        path.chmod(0o600)
        return path


def _openssl(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
