"""The error classes as clients see them."""

import re

import pytest

from nemo_voice_serving import errors
from nemo_voice_serving.errors import InvalidApiKey, InvalidRequest, Overloaded, VoiceError


def every(base: type[VoiceError]) -> list[type[VoiceError]]:
    found = [sub for sub in base.__subclasses__() if sub.__module__ == errors.__name__]
    return [*found, *(deeper for sub in found for deeper in every(sub))]


@pytest.mark.parametrize("error", every(VoiceError), ids=lambda error: error.__name__)
def test_the_tree_in_the_docstring_matches_the_classes(error: type[VoiceError]) -> None:
    drawn = re.search(rf"─ {error.__name__} +(\d+)", errors.__doc__ or "")
    assert drawn is not None
    assert int(drawn[1]) == error.status


def test_codes_are_the_class_names_in_snake_case() -> None:
    for error in every(VoiceError):
        assert error.code == re.sub(r"(?<!^)(?=[A-Z])", "_", error.__name__).lower()


def test_the_body_has_the_four_keys_of_openais_error_object() -> None:
    body = InvalidRequest("too blue", param="input").body()
    assert body == {
        "error": {
            "message": "too blue",
            "type": "invalid_request_error",
            "param": "input",
            "code": "invalid_request",
        }
    }


def test_a_missing_key_is_refused_with_the_authentication_scheme() -> None:
    assert InvalidApiKey("x").headers() == {"WWW-Authenticate": 'Bearer realm="nemo-voice"'}


def test_only_errors_that_waiting_helps_state_when_to_retry() -> None:
    assert InvalidRequest("x").headers() == {}
    assert Overloaded("x", retry_after_s=0.2).headers() == {
        "Retry-After": "1",
        "retry-after-ms": "200",
    }


def test_lone_surrogates_in_messages_are_escaped() -> None:
    error = InvalidRequest("about \ud800", param="\udc00").body()["error"]
    assert (error["message"], error["param"]) == ("about \\ud800", "\\udc00")
