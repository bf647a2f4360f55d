"""Tracebacks for the log without what a client sent: an exception's message may quote it."""

import dis
import traceback
from types import TracebackType

_RAISES = frozenset({"RAISE_VARARGS", "RERAISE"})
_WITHHELD = "(message not logged: it may quote a request)"


def traceback_without_messages(error: BaseException) -> str:
    """Returns the traceback of an exception and of those that led to it, as Python prints it.

    Messages are kept only of exceptions that quote no text: errors of the system, of torch, and
    those of ours whose class says so by `is_quotable`.
    """
    blocks: list[str] = []
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        frames = "".join(traceback.format_tb(following.__traceback__))
        blocks.append(f"Traceback (most recent call last):\n{frames}{_headline(following)}")
        following = _earlier(following)
    return "\n\nwhich led to:\n\n".join(reversed(blocks))


def _earlier(error: BaseException) -> BaseException | None:
    if error.__cause__ is not None or error.__suppress_context__:
        return error.__cause__
    return error.__context__


def _headline(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else _dotted(kind)
    if isinstance(error, OSError) and error.errno is not None:
        return f"{name}: [Errno {error.errno}] {error.strerror}"
    if not str(error):
        return name
    return f"{name}: {error}" if _is_quotable(error) else f"{name} {_WITHHELD}"


def _dotted(kind: type[BaseException]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _is_quotable(error: BaseException) -> bool:
    kind = type(error)
    if kind.__module__.split(".")[0] == "torch" or getattr(kind, "is_quotable", False):
        return True
    # torch's operations raise RuntimeError for shapes, devices and kernels.
    return kind is RuntimeError and _is_raised_by_native_code(error.__traceback__)


def _is_raised_by_native_code(frame: TracebackType | None) -> bool:
    """Returns whether the innermost Python frame was in a call, not at a `raise`."""
    if frame is None:
        return False
    while frame.tb_next is not None:
        frame = frame.tb_next
    instruction = frame.tb_frame.f_code.co_code[frame.tb_lasti]
    return dis.opname[instruction] not in _RAISES
