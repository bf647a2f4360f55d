"""Errors about a request's content get the field of the route; other errors stay as they are."""

import pytest

from nemo_voice_serving.errors import (
    InvalidRequest,
    Overloaded,
    PayloadTooLarge,
    UnsupportedAudio,
    VoiceError,
)
from nemo_voice_serving.http.error_param import error_param


@pytest.mark.parametrize(
    ("error", "param"),
    [
        (InvalidRequest("wrong"), "file"),
        (UnsupportedAudio("noise"), "file"),
        (PayloadTooLarge("long"), "file"),
        (InvalidRequest("wrong", param="voice"), "voice"),
        (Overloaded("full"), None),
    ],
)
def test_only_errors_about_the_content_blame_the_field(
    error: VoiceError, param: str | None
) -> None:
    with pytest.raises(type(error)) as raised, error_param("file"):
        raise error
    assert raised.value.param == param
