"""Short-lived keys for browsers: signed with an API key, and good for WebSockets alone.

A secret names its end and carries a session's settings. Every replica that has the API key can
check it, none has to remember it, and it ends with the API key.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

PREFIX = "ek_"
MAX_BYTES = 6000
"""A longer one would not fit a handshake's headers."""
_SIGNATURE_BYTES = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """What a secret says; true only of one whose signature was checked."""

    expires_at: int
    """Seconds since 1970."""
    session: dict[str, Any]
    """The settings of the session that it was made for."""


def issue(secret: ClientSecret, digest: bytes | None) -> str:
    """Returns a secret, signed with the digest of an API key; None where no key is needed."""
    content = {"exp": secret.expires_at, "session": secret.session, "jti": secrets.token_hex(8)}
    written = json.dumps(content, separators=(",", ":")).encode()
    encoded = base64.urlsafe_b64encode(_signature(digest, written) + written)
    return PREFIX + encoded.decode().rstrip("=")  # which no subprotocol may hold


def read(value: str) -> ClientSecret | None:
    """Returns what a secret says, whoever signed it; None for anything else."""
    parts = _parts(value)
    if parts is None:
        return None
    try:
        content = json.loads(parts[1])
        return ClientSecret(int(content["exp"]), dict(content["session"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def signer_of(value: str, digests: Iterable[bytes]) -> bytes | None:
    """Returns which of the API keys signed a secret that has not expired; None for none."""
    parts, secret = _parts(value), read(value)
    if parts is None or secret is None or secret.expires_at < time.time():
        return None
    signature, written = parts
    signers = [
        digest for digest in digests if hmac.compare_digest(signature, _signature(digest, written))
    ]
    return signers[0] if signers else None


def _parts(value: str) -> tuple[bytes, bytes] | None:
    if not value.startswith(PREFIX) or len(value) > MAX_BYTES:
        return None
    encoded = value[len(PREFIX) :]
    padding = "=" * (-len(encoded) % 4)
    try:
        decoded = base64.b64decode(encoded + padding, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded[:_SIGNATURE_BYTES], decoded[_SIGNATURE_BYTES:]


def _signature(digest: bytes | None, written: bytes) -> bytes:
    return hmac.digest(b"client secret" + (digest or b""), written, "sha256")
