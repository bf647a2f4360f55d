"""The errors of failed responses: those that a later try may not meet, and those that stay."""

import httpx2
import pytest

from nemo_voice_serving.model_store.errors import (
    FailureReason,
    ModelDownloadFailed,
    ModelNotFound,
    ModelStoreError,
    ModelUnauthorized,
)
from nemo_voice_serving.model_store.http_errors import retry_after_s, status_error
from nemo_voice_serving.model_store.retry import Transient


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (401, ModelUnauthorized, FailureReason.HUB_UNAUTHORIZED),
        (403, ModelUnauthorized, FailureReason.HUB_FORBIDDEN),
        (404, ModelNotFound, FailureReason.MODEL_NOT_FOUND),
        (410, ModelNotFound, FailureReason.MODEL_NOT_FOUND),
        (408, Transient, FailureReason.HUB_UNAVAILABLE),
        (429, Transient, FailureReason.HUB_UNAVAILABLE),
        (503, Transient, FailureReason.HUB_UNAVAILABLE),
        (418, ModelDownloadFailed, FailureReason.UNEXPECTED_RESPONSE),
    ],
)
def test_each_status_has_its_error_and_reason(
    status: int, kind: type[ModelStoreError | Transient], reason: FailureReason
) -> None:
    error = status_error(httpx2.Response(status), "a/b", if_denied="is private", remedy="Log in.")
    assert type(error) is kind
    assert error.reason is reason
    assert f"status {status}" in str(error)


def test_retry_after_counts_up_to_two_minutes() -> None:
    assert retry_after_s("7") == 7.0
    assert retry_after_s("9999") == 120.0
    assert retry_after_s("Sun, 22 Nov 2026 16:00:00 GMT") is None
    assert retry_after_s(None) is None
