"""Tracebacks for the log: the code and the kind of every exception, and no word of a request."""

from collections.abc import Callable

import pytest
import torch

from nemo_voice_serving.errors import BackendFailed, InvalidRequest
from nemo_voice_serving.tracebacks import traceback_without_messages

MARKER = "what a client wrote"


def logged(call: Callable[[], object]) -> str:
    """The traceback of what the call raises."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 whatever it is
        return traceback_without_messages(error)
    raise AssertionError("nothing was raised")


def raises(error: Exception) -> object:
    raise error


def raises_from(error: Exception, cause: Exception) -> object:
    raise error from cause


def raises_while(error: Exception, other: Exception) -> object:
    try:
        raise other
    except Exception:  # noqa: BLE001 whatever it is
        raise error  # noqa: B904 the context is the point


@pytest.mark.parametrize(
    "error",
    [
        ValueError(MARKER),
        RuntimeError(MARKER),
        KeyError(MARKER),
        OSError(MARKER),
        InvalidRequest(MARKER),
        ExceptionGroup(MARKER, [ValueError(MARKER)]),
    ],
)
def test_a_message_that_may_quote_a_request_is_withheld(error: Exception) -> None:
    for call in (
        lambda: raises(error),
        lambda: raises_from(BackendFailed("it failed"), error),
        lambda: raises_while(BackendFailed("it failed"), error),
    ):
        found = logged(call)
        assert MARKER not in found
        assert type(error).__name__ in found


def test_a_note_is_withheld_too() -> None:
    error = ValueError("x")
    error.add_note(MARKER)
    assert MARKER not in logged(lambda: raises(error))


def test_a_conversion_that_python_itself_refuses_is_withheld() -> None:
    assert MARKER not in logged(lambda: int(MARKER))
    assert MARKER not in logged(lambda: dict[str, str]()[MARKER])


def test_what_torch_says_of_shapes_is_kept() -> None:
    found = logged(lambda: torch.zeros(3) @ torch.zeros(4, 2))
    assert "mat1 and mat2 shapes cannot be multiplied" in found


def test_the_systems_and_our_own_reasons_are_kept() -> None:
    assert "[Errno 28] No space left" in logged(
        lambda: raises(OSError(28, "No space left on device", MARKER))
    )
    found = logged(lambda: raises_from(BackendFailed("the model failed"), ValueError(MARKER)))
    assert found.endswith("nemo_voice_serving.errors.BackendFailed: the model failed")
    assert "which led to:" in found


def test_a_suppressed_context_is_left_out() -> None:
    def call() -> object:
        try:
            raise ValueError(MARKER)
        except ValueError:
            raise BackendFailed("the model failed") from None

    assert "ValueError" not in logged(call)


def test_exceptions_that_lead_to_each_other_are_written_once() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__context__, two.__context__ = two, one
    lines = logged(lambda: raises(one)).splitlines()
    assert lines.count("Traceback (most recent call last):") == 2
