"""The error classes as clients see them."""

import re

import pytest

from nemo_voice_serving import errors
from nemo_voice_serving.errors import InvalidApiKey, InvalidRequest, Overloaded, VoiceError


def every(base: type[VoiceError]) -> list[type[VoiceError]]:
    found = [sub for sub in base.__subclasses__() if sub.__module__ == errors.__name__]
    return [*found, *(deeper for sub in found for deeper in every(sub))]


@pytest.mark.parametrize("error", every(VoiceError), ids=lambda error: error.__name__)
def test_the_tree_in_the_docstring_is_the_code(error: type[VoiceError]) -> None:
    drawn = re.search(rf"─ {error.__name__} +(\d+)", errors.__doc__ or "")
    assert drawn is not None
    assert int(drawn[1]) == error.status


def test_codes_are_the_class_names_in_snake_case() -> None:
    for error in every(VoiceError):
        assert error.code == re.sub(r"(?<!^)(?=[A-Z])", "_", error.__name__).lower()


def test_the_body_has_openais_four_keys() -> None:
    body = InvalidRequest("too blue", param="input").body()
    assert body == {
        "error": {
            "message": "too blue",
            "type": "invalid_request_error",
            "param": "input",
            "code": "invalid_request",
        }
    }


def test_a_refusal_for_want_of_a_key_names_the_scheme() -> None:
    assert InvalidApiKey("x").headers() == {"WWW-Authenticate": 'Bearer realm="nemo-voice"'}


def test_only_errors_that_waiting_helps_say_when() -> None:
    assert InvalidRequest("x").headers() == {}
    assert Overloaded("x", retry_after_s=0.2).headers() == {
        "Retry-After": "1",
        "retry-after-ms": "200",
    }


def test_what_is_quoted_can_be_written_down() -> None:
    error = InvalidRequest("about \ud800", param="\udc00").body()["error"]
    assert (error["message"], error["param"]) == ("about \\ud800", "\\udc00")
