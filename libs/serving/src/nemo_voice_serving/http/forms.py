"""Forms whose errors name the field that is to blame, as Starlette's do not."""

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from typing_extensions import override

from nemo_voice_serving.errors import InvalidRequest

SEND_A_FILE = "Send a file as a part of multipart/form-data with a filename."


class FormRoute(APIRoute):
    """A route that reads forms; `APIRouter` takes it as its `route_class`."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def with_named_fields(request: Request) -> Response:
            return await handle(_FormRequest(request.scope, request.receive))

        return with_named_fields


class _FormRequest(Request):
    """A request whose form is read by the parsers below."""

    @override
    async def _get_form(self, **limits: Any) -> FormData:
        if self._form is None:
            parser_type = _PARSERS.get(parse_options_header(self.headers.get("Content-Type"))[0])
            if parser_type is not None:
                self._form = await self._read(parser_type, **limits)
        return await super()._get_form(**limits)

    async def _read(self, parser_type: Any, *, max_files: float, **limits: Any) -> FormData:
        if parser_type is _NamingMultiPartParser:
            limits["max_files"] = max_files
        try:
            async with aclosing(self.stream()) as stream:
                form: FormData = await parser_type(self.headers, stream, **limits).parse()
        except MultiPartException as error:
            raise InvalidRequest(error.message) from error
        return form


class _NamingMultiPartParser(MultiPartParser):
    """Names the part that is too large, and says when the last one is cut off."""

    _is_open = False

    @override
    def on_part_begin(self) -> None:
        self._is_open = True
        super().on_part_begin()

    @override
    def on_end(self) -> None:
        self._is_open = False
        super().on_end()

    @override
    async def parse(self) -> FormData:
        form = await super().parse()
        if self._is_open:  # Starlette leaves out the part that is not whole
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("The form is cut off: its last boundary is missing.")
        return form

    @override
    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._current_part
        if part.file is None and len(part.data) + end - start > self.max_part_size:
            raise _too_large(part.field_name, self.max_part_size)
        super().on_part_data(data, start, end)


class _NamingFormParser(FormParser):
    """Names the field that is too large, once it has a name."""

    @override
    def on_field_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_field_size + end - start > self.max_part_size:
            raise _too_large(self._field_name.decode("latin-1"), self.max_part_size)
        super().on_field_data(data, start, end)


_PARSERS = {
    b"multipart/form-data": _NamingMultiPartParser,
    b"application/x-www-form-urlencoded": _NamingFormParser,
}


def _too_large(name: str, most_bytes: int) -> InvalidRequest:
    limit = f"{name}: A field without a filename may have {most_bytes} bytes: shorten it."
    message = f"{limit} Is it a file? {SEND_A_FILE}"
    return InvalidRequest(message, param=name)
