"""What can go wrong in the operator.

```
OperatorError
├── ClusterError      a request to the API server failed
│   ├── Refused       the request itself is wrong: it will be refused again
│   │   ├── Forbidden the operator may not do this, or a quota or a policy forbids it
│   │   └── NameTaken somebody else's object has the name of an owned one
│   ├── Conflict      somebody else changed the object, or owns the field
│   └── Unavailable   the API server cannot be reached or is busy: try again
│       └── Unexplained an error of the API server, or a value that it cannot convert
├── NotUnderstood     a VoiceService does not have the shape that this operator knows
└── LeadershipLost    another replica leads now
```
"""

from typing import ClassVar


class OperatorError(Exception):
    """Base class of expected operator errors."""


class ClusterError(OperatorError):
    """A request to the API server failed."""

    condition_reason: ClassVar[str] = "ApplyFailed"
    """Reason of the condition that reports it; of one that may soon be over, when it lasts."""

    def __init__(self, message: str, *, reason: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.reason = reason
        """The reason in the API server's Status."""
        self.status = status
        """The HTTP status; 0 without a response."""


class Refused(ClusterError):
    """The API server refused the request, and will refuse the same one again."""

    condition_reason = "ApplyRefused"


class Forbidden(Refused):
    """The operator has no right to do this, or a quota or an admission policy forbids it."""

    condition_reason = "ApplyForbidden"


class NameTaken(Refused):
    """Somebody else's object has the name of an owned one; it was not touched."""

    condition_reason = "NameTaken"


class Conflict(ClusterError):
    """Somebody else changed the object, or owns a field of it."""


class Unavailable(ClusterError):
    """The API server did not respond, or is busy."""


class Unexplained(Unavailable):
    """The API server responded with an error and without a reason.

    It does so to an apply of a value that it cannot convert, which is no outage.
    """


class NotUnderstood(OperatorError):
    """A VoiceService is of an older or newer CRD than this operator."""


class LeadershipLost(OperatorError):
    """Another replica leads now; this process has to end."""
