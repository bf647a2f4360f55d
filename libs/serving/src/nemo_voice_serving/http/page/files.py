"""The files of a page, read once at the start: nothing that is not a file then can be asked for."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

SHARED = Path(__file__).with_name("files")
"""The files that the pages of both services have."""
SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; "  # Swagger UI's style sheet draws its arrows from such
    "media-src 'self' blob:; worker-src 'self'; "
    "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
"""No script, style, sound or call but those of the service itself, and no page around it."""
HEADERS = {
    "Content-Security-Policy": SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), payment=(), usb=()",
}
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_BASE = "<!-- base -->"


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file, as it is sent."""

    media_type: str
    content: bytes
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.content).hexdigest()[:32]
        object.__setattr__(self, "etag", f'"{digest}"')

    def response_to(self, request: Request) -> Response:
        """Returns the file, or 304 where the browser has it already."""
        headers = {**HEADERS, "ETag": self.etag, "Cache-Control": "no-cache"}
        if self.etag in _etags_of(request):
            return Response(status_code=304, headers=headers)
        return Response(self.content, media_type=self.media_type, headers=headers)


def read_folder(folder: Path) -> dict[str, PageFile]:
    """Returns the files of a folder by their names; only of the kinds that pages have."""
    return {
        path.name: PageFile(_MEDIA_TYPES[path.suffix], path.read_bytes())
        for path in sorted(folder.iterdir())
        if path.suffix in _MEDIA_TYPES
    }


def html_for(document: str, request: Request) -> PageFile:
    """Returns an HTML document whose relative addresses are those of the service.

    With a prefix they are below it, whether the browser's address ends with a slash or not.
    Without one they are relative to the browser's: a proxy that strips a path need not say so.
    """
    root: str = request.scope.get("root_path", "")
    # `Addresses` admits nothing but plain paths as a prefix: there is nothing to escape.
    base = f'<base href="{root}/">' if root else ""
    return PageFile(_MEDIA_TYPES[".html"], document.replace(_BASE, base).encode())


def _etags_of(request: Request) -> set[str]:
    stated = request.headers.get("if-none-match", "")
    return {one.strip().removeprefix("W/") for one in stated.split(",")}
