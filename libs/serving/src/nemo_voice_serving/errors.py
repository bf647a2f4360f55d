"""Every error a client can get, answered in the shape OpenAI's clients parse.

VoiceError
├── InvalidRequest              400  what the client sent is wrong; services add their own below it
│   └── UnsupportedAudio        400  bytes that no decoder reads as audio
├── InvalidApiKey               401  no key, or none that is valid here
├── PayloadTooLarge             413  more bytes or audio seconds than one request may hold
├── NotFound                    404  no such route or model
├── MethodNotAllowed            405  the route exists, the method does not
├── RequestTooSlow              408  the request did not arrive in time
├── UnsupportedMediaType        415  the body is of a kind that the route does not read
├── HeadersTooLarge             431  the request line and its headers are too long
├── Overloaded                  429  the queue is full; Retry-After says when to come back
├── RateLimitExceeded           429  the API key has used what it may; Retry-After
├── NotReady                    503  loading, warming, draining or failed; Retry-After
├── DeadlineExceeded            504  waited longer than a request may
└── BackendFailed               500  the model raised; details are in the log, not in the body
    └── DeviceLost              500  the device is beyond use; the process will be restarted
"""

from typing import ClassVar

from typing_extensions import override


class VoiceError(Exception):
    """An error that a client is told about; subclasses fix code, status and OpenAI's type."""

    code: ClassVar[str] = "voice_error"
    status: ClassVar[int] = 500
    kind: ClassVar[str] = "server_error"

    def __init__(
        self, message: str, *, param: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = _writable(message)
        self.param = None if param is None else _writable(param)
        self.retry_after_s = retry_after_s

    def body(self) -> dict[str, dict[str, str | None]]:
        """Returns the JSON body, with all four keys of OpenAI's error object."""
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return {"error": error}

    def headers(self) -> dict[str, str]:
        """Returns the headers that tell a client when to try again, where waiting helps."""
        if self.retry_after_s is None:
            return {}
        milliseconds = max(1, round(self.retry_after_s * 1000))
        seconds = max(1, -(-milliseconds // 1000))
        return {"Retry-After": str(seconds), "retry-after-ms": str(milliseconds)}


def _writable(text: str) -> str:
    """Returns what may quote a client: JSON can hold halves of characters, UTF-8 cannot."""
    return text.encode("utf-8", "backslashreplace").decode()


class InvalidRequest(VoiceError):
    """What the client sent is wrong, and sending it again will not help."""

    code = "invalid_request"
    status = 400
    kind = "invalid_request_error"


class UnsupportedAudio(InvalidRequest):
    """The bytes are not audio that any decoder here reads."""

    code = "unsupported_audio"


class InvalidApiKey(VoiceError):
    """No API key was sent, or none that is valid here."""

    code = "invalid_api_key"
    status = 401
    kind = "invalid_request_error"

    @override
    def headers(self) -> dict[str, str]:
        return {**super().headers(), "WWW-Authenticate": 'Bearer realm="nemo-voice"'}


class PayloadTooLarge(VoiceError):
    """The body holds more bytes, or more seconds of audio, than one request may."""

    code = "payload_too_large"
    status = 413
    kind = "invalid_request_error"


class NotFound(VoiceError):
    """Nothing is served under this address or model name."""

    code = "not_found"
    status = 404
    kind = "invalid_request_error"


class MethodNotAllowed(VoiceError):
    """The address exists, but not for this method."""

    code = "method_not_allowed"
    status = 405
    kind = "invalid_request_error"

    def __init__(self, message: str, *, allowed: str | None = None) -> None:
        super().__init__(message)
        self._allowed = allowed

    @override
    def headers(self) -> dict[str, str]:
        return {} if self._allowed is None else {"Allow": self._allowed}


class RequestTooSlow(VoiceError):
    """The request's head or body did not arrive in the time that it may take."""

    code = "request_too_slow"
    status = 408
    kind = "invalid_request_error"


class UnsupportedMediaType(VoiceError):
    """The body's Content-Type is none that this address reads."""

    code = "unsupported_media_type"
    status = 415
    kind = "invalid_request_error"


class HeadersTooLarge(VoiceError):
    """The request line and the headers hold more bytes than they may."""

    code = "headers_too_large"
    status = 431
    kind = "invalid_request_error"


class Overloaded(VoiceError):
    """More work is waiting than the queue may hold."""

    code = "overloaded"
    status = 429
    kind = "rate_limit_error"


class RateLimitExceeded(VoiceError):
    """The API key has as many requests inside, or used as much audio, as it may."""

    code = "rate_limit_exceeded"
    status = 429
    kind = "rate_limit_error"

    def __init__(
        self, message: str, *, retry_after_s: float, state: dict[str, str] | None = None
    ) -> None:
        """Takes beside the rest the headers that tell how much is left."""
        super().__init__(message, retry_after_s=retry_after_s)
        self._state = state or {}

    @override
    def headers(self) -> dict[str, str]:
        return {**super().headers(), **self._state}


class NotReady(VoiceError):
    """The model is loading, warming up, draining or failed."""

    code = "not_ready"
    status = 503


class DeadlineExceeded(VoiceError):
    """The work was not begun within the time a request may wait."""

    code = "deadline_exceeded"
    status = 504


class BackendFailed(VoiceError):
    """The model raised; the reason is in the log under the request's id."""

    code = "backend_failed"


class DeviceLost(BackendFailed):
    """The device no longer computes; only a new process helps."""

    code = "device_lost"
