"""The message's field in errors about what it holds: text and audio code knows other names."""

from collections.abc import Iterator
from contextlib import contextmanager

from nemo_voice_serving.errors import InvalidRequest, PayloadTooLarge


@contextmanager
def error_field(field: str) -> Iterator[None]:
    """Sets `param` of errors about a request's content, in place of the name that HTTP has for it.

    Args:
        field: The field, with the names of the messages around it: `config.language_code`.
    """
    try:
        yield
    except (InvalidRequest, PayloadTooLarge) as error:
        error.param = field
        raise
