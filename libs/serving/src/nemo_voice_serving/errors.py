"""The errors that become HTTP responses, in the shape that OpenAI's clients parse.

VoiceError
├── InvalidRequest              400  the request is wrong; services add subclasses of their own
│   └── UnsupportedAudio        400  bytes that no decoder reads as audio
├── InvalidApiKey               401  no API key, or none that is valid
├── PayloadTooLarge             413  more bytes or audio seconds than one request may hold
├── NotFound                    404  no such route or model
├── MethodNotAllowed            405  the route exists, the method does not
├── RequestTooSlow              408  the request did not arrive in time
├── UnsupportedMediaType        415  the body is of a kind that the route does not read
├── HeadersTooLarge             431  the request line and its headers are too long
├── Overloaded                  429  the queue is full; Retry-After states when to retry
├── RateLimitExceeded           429  the API key has reached a limit; Retry-After
├── NotReady                    503  loading, warming, draining or failed; Retry-After
├── DeadlineExceeded            504  waited longer than a request may
└── BackendFailed               500  the model raised; details are in the log, not in the body
    ├── OutOfMemory             503  the device's memory does not hold one piece even alone
    └── DeviceLost              500  the device is beyond use; the process will be restarted
"""

from typing import ClassVar

from typing_extensions import override


class VoiceError(Exception):
    """An error that a client receives; subclasses set its code, status and OpenAI's type."""

    code: ClassVar[str] = "voice_error"
    status: ClassVar[int] = 500
    kind: ClassVar[str] = "server_error"
    is_quotable: ClassVar[bool] = False
    """Whether the message quotes nothing of a request, so that it may be logged."""

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
        """Returns the headers that state when to retry; none where waiting does not help."""
        if self.retry_after_s is None:
            return {}
        milliseconds = max(1, round(self.retry_after_s * 1000))
        seconds = max(1, -(-milliseconds // 1000))
        return {"Retry-After": str(seconds), "retry-after-ms": str(milliseconds)}


def _writable(text: str) -> str:
    """Escapes lone surrogates, which JSON can hold and UTF-8 cannot: messages quote requests."""
    return text.encode("utf-8", "backslashreplace").decode()


class InvalidRequest(VoiceError):
    """The request is wrong, and would be so again."""

    code = "invalid_request"
    status = 400
    kind = "invalid_request_error"


class UnsupportedAudio(InvalidRequest):
    """No decoder reads the bytes as audio."""

    code = "unsupported_audio"


class InvalidApiKey(VoiceError):
    """The request has no API key, or none that is valid."""

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
    """No route has this path, or no model this name."""

    code = "not_found"
    status = 404
    kind = "invalid_request_error"


class MethodNotAllowed(VoiceError):
    """The route exists, but not for this method."""

    code = "method_not_allowed"
    status = 405
    kind = "invalid_request_error"

    def __init__(self, message: str, *, allowed: str) -> None:
        """Takes, besides the message, the methods that the route takes."""
        super().__init__(message)
        self._allowed = allowed

    @override
    def headers(self) -> dict[str, str]:
        return {"Allow": self._allowed}


class RequestTooSlow(VoiceError):
    """The request's head or body did not arrive within its time limit."""

    code = "request_too_slow"
    status = 408
    kind = "invalid_request_error"


class UnsupportedMediaType(VoiceError):
    """The route does not read bodies of this Content-Type, or the body is compressed."""

    code = "unsupported_media_type"
    status = 415
    kind = "invalid_request_error"

    def __init__(self, message: str, *, accepted: dict[str, str]) -> None:
        """Takes, besides the message, the header that states what the route reads."""
        super().__init__(message)
        self._accepted = accepted

    @override
    def headers(self) -> dict[str, str]:
        return self._accepted


class HeadersTooLarge(VoiceError):
    """The request line and the headers exceed their limit."""

    code = "headers_too_large"
    status = 431
    kind = "invalid_request_error"


class Overloaded(VoiceError):
    """The queue is full."""

    code = "overloaded"
    status = 429
    kind = "rate_limit_error"


class RateLimitExceeded(VoiceError):
    """The API key has reached its limit of requests in flight or of audio."""

    code = "rate_limit_exceeded"
    status = 429
    kind = "rate_limit_error"

    def __init__(
        self, message: str, *, retry_after_s: float, state: dict[str, str] | None = None
    ) -> None:
        """Takes, besides the message, the headers that state how much of the quota is left."""
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
    """The work was not begun within the time limit of a request."""

    code = "deadline_exceeded"
    status = 504


class BackendFailed(VoiceError):
    """The model raised an exception; the log has it under the request's id."""

    code = "backend_failed"
    is_quotable = True


class OutOfMemory(BackendFailed):
    """The device's memory does not hold a part of the request, even alone; Retry-After."""

    code = "out_of_memory"
    status = 503


class DeviceLost(BackendFailed):
    """The device no longer computes, and only a new process can recover."""

    code = "device_lost"
