"""What a `fetch` tells the program that started it: how far it is, what it brought, why it failed.

Two JSON objects whose form the operator relies on; who sends them where is `model_command`'s
matter. Nothing here reads or writes anything.
"""

import bisect
import json
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from nemo_voice_serving.model_store.errors import FailureReason, ModelStoreError
from nemo_voice_serving.model_store.progress import Phase, Progress
from nemo_voice_serving.model_store.store import StoredModel

RESULT_BYTES = 4000
"""Longest result: Kubernetes cuts a termination message after 4096 bytes."""

_Json = dict[str, Any]
# A query may be a signature; a user name before a host comes with a password.
_SECRETS = (
    (re.compile(r"(https?://[^\s?'\"`]+)\?[^\s'\"`]*"), r"\1"),
    (re.compile(r"(https?://)[^\s/@'\"`]+@"), r"\1"),
    (re.compile(r"\b(Bearer)\s+[^\s'\"`]+", re.IGNORECASE), r"\1 …"),
    (re.compile(r"\bhf_[A-Za-z0-9]{20,}"), "hf_…"),
)


class Interrupted(BaseException):
    """The process was told to stop. No `Exception`: nothing on the way may take it for a fault."""

    def __init__(self, signal_name: str, exit_status: int) -> None:
        super().__init__(
            f"Told to stop ({signal_name}). What has arrived stays, and the next fetch goes on "
            "with it."
        )
        self.exit_status = exit_status


def redacted(message: str, secrets: Collection[str] = ()) -> str:
    """Returns the message without these secrets, and without what looks like one."""
    for secret in filter(None, secrets):
        message = message.replace(secret, "…")
    for pattern, instead in _SECRETS:
        message = pattern.sub(instead, message)
    return message


class FetchReport:
    """One run of the command; the progress may be asked for from any thread.

    Args:
        cache: The store's directory, as set.
        first_role: What the first checkpoint is to the service.
        clock: Seconds that only grow.
        secrets: What no message may repeat.
    """

    def __init__(
        self,
        cache: Path,
        first_role: str,
        clock: Callable[[], float],
        secrets: Collection[str] = (),
    ) -> None:
        self._cache = cache.expanduser().absolute()
        self._clock = clock
        self._secrets = secrets
        self._started_s = clock()
        self._brought: list[tuple[str, StoredModel]] = []
        self._now: tuple[str, Progress]
        self.begin(first_role)

    def begin(self, role: str) -> None:
        """Notes which checkpoint comes now."""
        self._now = (role, Progress(Phase.RESOLVING, 0, None, 0.0))

    def progressed(self, progress: Progress) -> None:
        """Notes how far that checkpoint is."""
        self._now = (self._now[0], progress)

    def brought(self, model: StoredModel) -> None:
        """Notes that the checkpoint is there."""
        self._brought.append((self._now[0], model))

    def progress(self) -> bytes:
        """Returns how far the run is."""
        role, progress = self._now
        return _encoded(
            {
                "checkpoint": role,
                "phase": progress.phase,
                "doneBytes": progress.done_bytes,
                "totalBytes": progress.total_bytes,
                "seconds": self._seconds(),
            }
        )

    def success(self) -> bytes:
        """Returns what was brought."""
        seconds = self._seconds()

        def result(longest: int) -> _Json:
            checkpoints = [self._checkpoint(role, model, longest) for role, model in self._brought]
            return {"checkpoints": checkpoints, "seconds": seconds}

        sources = (model.reference.plain_source for _, model in self._brought)
        return _fitted(result, max(map(len, sources), default=0))

    def failure(self, error: BaseException) -> bytes:
        """Returns why it failed."""
        reason, told = FailureReason.UNEXPECTED_ERROR, f"{type(error).__name__}: {error}"
        if isinstance(error, ModelStoreError):
            reason, told = error.reason, str(error)
        elif isinstance(error, Interrupted):
            reason, told = FailureReason.INTERRUPTED, str(error)
        message, role = redacted(told, self._secrets), self._now[0]

        def result(longest: int) -> _Json:
            cut = _cut(message, longest)
            return {"error": {"reason": reason, "message": cut, "checkpoint": role}}

        return _fitted(result, len(message))

    def _seconds(self) -> float:
        return round(self._clock() - self._started_s, 3)

    def _checkpoint(self, role: str, model: StoredModel, longest: int) -> _Json:
        is_ours = model.directory.parent == self._cache
        return {
            "role": role,
            "source": _cut(model.reference.plain_source, longest),
            "revision": model.revision,
            "sha256": model.sha256,
            "bytes": model.size_bytes,
            "directory": model.directory.name if is_ours else None,
            "seconds": round(model.seconds, 3),
        }


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: max(longest - 1, 0)] + "…"


def _encoded(value: _Json) -> bytes:
    # A path may hold bytes that are no text; they become question marks.
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")


def _fitted(result: Callable[[int], _Json], longest: int) -> bytes:
    """Returns the result as JSON, its texts as long as the limit of bytes allows."""

    def size_bytes(length: int) -> int:
        return len(_encoded(result(length)))

    fitting = bisect.bisect_right(range(longest + 1), RESULT_BYTES, key=size_bytes) - 1
    return _encoded(result(fitting))
