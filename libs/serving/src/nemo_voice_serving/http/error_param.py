"""The request's field in errors about what it holds: text and audio code knows no field names."""

from collections.abc import Iterator
from contextlib import contextmanager

from nemo_voice_serving.errors import InvalidRequest, PayloadTooLarge


@contextmanager
def error_param(field: str) -> Iterator[None]:
    """Sets `param` of errors about a request's content that name no field yet.

    Args:
        field: The field that holds the content, as this route spells it.
    """
    try:
        yield
    except (InvalidRequest, PayloadTooLarge) as error:
        error.param = error.param or field
        raise
