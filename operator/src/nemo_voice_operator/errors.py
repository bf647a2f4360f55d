"""What can go wrong in the operator.

```
OperatorError
├── ClusterError      the API server refused or failed
│   ├── Refused       it will refuse again: the request itself is wrong
│   │   └── NameTaken a child's name is that of somebody else's object
│   ├── Conflict      somebody else changed the object, or owns the field
│   └── Unavailable   it cannot be reached, or says that it is busy: try again
├── NotUnderstood     a VoiceService has not the shape that this operator knows
└── LeadershipLost    another replica leads now
```
"""

from typing import ClassVar


class OperatorError(Exception):
    """Something that the operator knows how to talk about."""


class ClusterError(OperatorError):
    """The API server did not do what was asked."""

    def __init__(self, message: str, *, reason: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.reason = reason
        """Kubernetes' own word for it."""
        self.status = status
        """The HTTP status; 0 without an answer."""


class Refused(ClusterError):
    """The request is wrong; the same request will be refused again."""

    condition_reason: ClassVar[str] = "ApplyRefused"
    """Reason of the condition that tells of it."""


class NameTaken(Refused):
    """An object of somebody else's has a child's name; it was not touched."""

    condition_reason = "NameTaken"


class Conflict(ClusterError):
    """Somebody else changed the object or owns a field."""


class Unavailable(ClusterError):
    """No answer, or a busy server."""


class NotUnderstood(OperatorError):
    """A VoiceService is of an older or newer CRD than this operator."""


class LeadershipLost(OperatorError):
    """Another replica leads now; this process has to end."""
