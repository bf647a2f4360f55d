"""Every error of the services has a status of gRPC, and details that clients parse."""

from urllib.parse import quote

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from nemo_voice_serving import errors
from nemo_voice_serving.errors import (
    BackendFailed,
    DeviceLost,
    InvalidRequest,
    NoCapacity,
    NotReady,
    OutOfMemory,
    Overloaded,
    PayloadTooLarge,
    RateLimitExceeded,
    Unimplemented,
    VoiceError,
)
from nemo_voice_serving.grpc.status import code_of, message_of, trailers_of

CODE = grpc.StatusCode


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidRequest("so"), CODE.INVALID_ARGUMENT),
        (PayloadTooLarge("so"), CODE.INVALID_ARGUMENT),
        (errors.InvalidApiKey("so"), CODE.UNAUTHENTICATED),
        (errors.NotFound("so"), CODE.NOT_FOUND),
        (Unimplemented("so"), CODE.UNIMPLEMENTED),
        (Overloaded("so"), CODE.RESOURCE_EXHAUSTED),
        (RateLimitExceeded("so", retry_after_s=1), CODE.RESOURCE_EXHAUSTED),
        (NoCapacity("so"), CODE.RESOURCE_EXHAUSTED),
        (OutOfMemory("so"), CODE.RESOURCE_EXHAUSTED),
        (NotReady("so"), CODE.UNAVAILABLE),
        (errors.RequestTooSlow("so"), CODE.DEADLINE_EXCEEDED),
        (errors.DeadlineExceeded("so"), CODE.DEADLINE_EXCEEDED),
        (BackendFailed("so"), CODE.INTERNAL),
        (DeviceLost("so"), CODE.INTERNAL),
    ],
)
def test_each_error_has_the_status_that_says_what_to_do(
    error: VoiceError, code: grpc.StatusCode
) -> None:
    assert code_of(error) is code


def details(error: VoiceError) -> status_pb2.Status:
    """Returns the status in the error's trailers."""
    return status_pb2.Status.FromString(dict(trailers_of(error))["grpc-status-details-bin"])


def test_details_have_our_code_and_the_field() -> None:
    status = details(InvalidRequest("wrong", param="config.encoding"))
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == ("invalid_request", "nemo-voice.dev")
    assert dict(info.metadata) == {"param": "config.encoding"}
    assert (status.code, status.message) == (3, "wrong")
    assert len(status.details) == 1


@pytest.mark.parametrize(("after_s", "milliseconds"), [(2.0, 2000), (0.25, 250), (0.0001, 1)])
def test_what_is_worth_a_retry_says_when(after_s: float, milliseconds: int) -> None:
    error = Overloaded("full", retry_after_s=after_s)
    retry = error_details_pb2.RetryInfo()
    assert details(error).details[1].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == milliseconds
    assert dict(trailers_of(error))["grpc-retry-pushback-ms"] == str(milliseconds)


@pytest.mark.parametrize("word", ["long ", "слово ", "字", "😀"])
def test_a_message_that_quotes_too_much_still_fits_a_header(word: str) -> None:
    error = InvalidRequest(word * 10_000, param=word * 10_000)
    message = message_of(error)
    assert message.startswith(word)
    assert message.endswith("…")
    assert len(quote(message)) + sum(len(value) * 4 / 3 for _, value in trailers_of(error)) < 8000
