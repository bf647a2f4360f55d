"""The progress and the result of a `fetch` as JSON objects, whose form the operator relies on.

`fetch.py` writes the result, `progress_server.py` sends the progress; nothing here does I/O.
"""

import bisect
import json
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from nemo_voice_serving.model_store.errors import FailureReason, ModelStoreError
from nemo_voice_serving.model_store.progress import Phase, Progress
from nemo_voice_serving.model_store.stored import StoredModel

RESULT_BYTES = 4000
"""Largest result: Kubernetes cuts a termination message after 4096 bytes."""

_MOST_LANGUAGES = 60
"""More than any model has; the result must fit."""

_Json = dict[str, Any]
# A query may be a signature; a user name before a host comes with a password.
_SECRETS = (
    (re.compile(r"(https?://[^\s?'\"`]+)\?[^\s'\"`]*"), r"\1"),
    (re.compile(r"(https?://)[^\s/@'\"`]+@"), r"\1"),
    (re.compile(r"\b(Bearer)\s+[^\s'\"`]+", re.IGNORECASE), r"\1 …"),
    (re.compile(r"\bhf_[A-Za-z0-9]{20,}"), "hf_…"),
)


class Interrupted(BaseException):
    """A signal stopped the process.

    Derives from BaseException so that `except Exception` does not catch it.
    """

    def __init__(self, signal_name: str, exit_status: int) -> None:
        super().__init__(
            f"Stopped by {signal_name}. The partial download stays, and the next fetch resumes it."
        )
        self.exit_status = exit_status


def redacted(message: str, secrets: Collection[str] = ()) -> str:
    """Returns the message without these secrets, and without text that looks like one."""
    for secret in filter(None, secrets):
        message = message.replace(secret, "…")
    for pattern, instead in _SECRETS:
        message = pattern.sub(instead, message)
    return message


class FetchReport:
    """Progress and result of one run; `progress` may be called from any thread.

    Args:
        cache: The store's directory, as set.
        first_role: The first checkpoint's role in the service.
        clock: Returns monotonic seconds.
        secrets: Texts that no message may repeat.
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
        self._finished: list[tuple[str, StoredModel]] = []
        self._now: tuple[str, Progress]
        self.begin(first_role)

    def begin(self, role: str) -> None:
        """Records that the checkpoint of this role is next."""
        self._now = (role, Progress(Phase.RESOLVING, 0, None, 0.0))

    def progressed(self, progress: Progress) -> None:
        """Records the progress of that checkpoint."""
        self._now = (self._now[0], progress)

    def finished(self, model: StoredModel) -> None:
        """Records that the checkpoint is stored."""
        self._finished.append((self._now[0], model))

    def progress(self) -> bytes:
        """Returns the progress of the run."""
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
        """Returns the result of a run that fetched every checkpoint."""
        seconds = self._seconds()

        def result(longest: int) -> _Json:
            checkpoints = [self._checkpoint(role, model, longest) for role, model in self._finished]
            return {"checkpoints": checkpoints, "seconds": seconds}

        sources = (model.reference.plain_source for _, model in self._finished)
        return _fitted(result, max(map(len, sources), default=0))

    def failure(self, error: BaseException) -> bytes:
        """Returns the result of a run that failed."""
        reason, text = FailureReason.UNEXPECTED_ERROR, f"{type(error).__name__}: {error}"
        advice = ""
        if isinstance(error, ModelStoreError):
            reason, text, advice = error.reason, error.problem, error.advice
        elif isinstance(error, Interrupted):
            reason, text = FailureReason.INTERRUPTED, str(error)
        message, role = redacted(text, self._secrets), self._now[0]
        advice = redacted(advice, self._secrets)

        def result(longest: int) -> _Json:
            cut = _cut(message, longest)
            told = {"reason": reason, "message": cut, "advice": advice, "checkpoint": role}
            return {"error": told}

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
            **_facts_of(model),
        }


def _facts_of(model: StoredModel) -> _Json:
    """Returns what tells a model from others; nothing of one that was not judged."""
    facts = model.facts
    if facts is None:
        return {}
    return {
        "kind": facts.kind.name,
        "languages": list(facts.languages[:_MOST_LANGUAGES]),
        "speakers": facts.speakers,
    }


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: max(longest - 1, 0)] + "…"


def _encoded(value: _Json) -> bytes:
    # A path may hold bytes that are not text; they become question marks.
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")


def _fitted(result: Callable[[int], _Json], longest: int) -> bytes:
    """Returns the result as JSON, its texts cut to fit the limit of bytes."""

    def size_bytes(length: int) -> int:
        return len(_encoded(result(length)))

    fitting = bisect.bisect_right(range(longest + 1), RESULT_BYTES, key=size_bytes) - 1
    return _encoded(result(fitting))
