"""API keys: reads them from a file, and tells which requests bring one of them.

The edges of HTTP and gRPC ask where `NEMO_VOICE_API_KEYS_FILE` is set.
"""

import hashlib
import hmac
import logging
from collections.abc import Callable
from pathlib import Path

from nemo_voice_serving.access.client_secrets import signer_of
from nemo_voice_serving.errors import InvalidApiKey
from nemo_voice_serving.mounted_files import contents_of

logger = logging.getLogger(__name__)


class ApiKeys:
    """The keys in a file, or in all files of a folder, read again at each check.

    Only digests are kept. Reading costs microseconds and misses no change: neither an edit nor the
    swapped symbolic link of a mounted Secret.
    """

    def __init__(
        self, path: Path, changed: Callable[[frozenset[bytes]], None] = lambda _digests: None
    ) -> None:
        """Takes the path of the keys, and a callback for the digests of each new set of keys."""
        self._path = path
        self._changed = changed
        self._read: bytes | None = None
        self._digests: frozenset[bytes] = frozenset()
        self._problem: str | None = None
        self._refresh()

    def digest_of(self, key: bytes | None, *, or_of_secret: bool = False) -> bytes:
        """Returns the digest of the key in a request.

        Args:
            key: What was sent; None where nothing was.
            or_of_secret: Whether a client secret that a valid key has signed is as good.

        Raises:
            InvalidApiKey: There is no key, or none that is valid.
        """
        if key is None:
            message = (
                "This service wants an API key: 'Authorization: Bearer KEY' or 'api-key: KEY'."
            )
            raise InvalidApiKey(message)
        digest = self.admit(key)
        if digest is None and or_of_secret:
            digest = self.admit_secret(key.decode("latin-1"))
        if digest is None:
            raise InvalidApiKey("The API key is not valid here.")
        return digest

    def admit(self, key: bytes) -> bytes | None:
        """Returns the key's digest, or None when the key is not valid."""
        self._refresh()
        digest = hashlib.sha256(key).digest()
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return digest if any(matches) else None

    def admit_secret(self, secret: str) -> bytes | None:
        """Returns the digest of the key that signed a client secret; None when it is not valid."""
        self._refresh()
        return signer_of(secret, self._digests)

    def problem(self) -> str | None:
        """Returns why no key is valid at present, or None when one is."""
        self._refresh()
        return self._problem

    def _refresh(self) -> None:
        try:
            contents = b"\n".join(contents_of(self._path).values())
        except OSError as error:
            self._set(None, frozenset(), f"the API keys cannot be read: {error}")
            return
        read = hashlib.sha256(contents).digest()
        if read != self._read:
            digests = _digests(contents)
            problem = None if digests else f"there is no API key in {self._path}"
            self._set(read, digests, problem)

    def _set(self, read: bytes | None, digests: frozenset[bytes], problem: str | None) -> None:
        if problem is None:
            logger.info("api keys read", extra={"path": str(self._path), "keys": len(digests)})
        elif problem != self._problem:
            logger.error("every request is refused", extra={"reason": problem})
        self._read, self._digests, self._problem = read, digests, problem
        if problem is None:
            # Not for a file that is missing or empty for a moment: quotas would forget the usage.
            self._changed(digests)


def key_in(authorization: str, api_key: str) -> bytes | None:
    """Returns the key in a request's headers or metadata; None without one.

    Args:
        authorization: What OpenAI's and NVIDIA's clients send, `Bearer KEY`; it comes first.
        api_key: What Azure's send.
    """
    scheme, _, key = authorization.partition(" ")
    sent = key if scheme.lower() == "bearer" and key.strip() else api_key
    return sent.encode("latin-1", "replace").strip() or None


def _digests(contents: bytes) -> frozenset[bytes]:
    lines = (line.strip() for line in contents.splitlines())
    keys = (line for line in lines if line and not line.startswith(b"#"))
    return frozenset(hashlib.sha256(key).digest() for key in keys)
