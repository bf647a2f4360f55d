"""The routes of the page at `/` and of `/docs`. Neither is in the description of the service."""

from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from nemo_voice_serving.http.page.files import SHARED, html_for, read_folder

DOCS_START = "/docs/start.js"
"""The script that shows the description."""
_NOT_FOUND = 404
_FRAME, _MAIN, _DOCS, _START = "frame.html", "main.html", "docs.html", "docs.js"
_OF_THE_PAGES = frozenset({_FRAME, _MAIN, _DOCS, _START})
"""What is not served by its own name."""


class Page:
    """The page of one service: what all pages have, and what is in the service's own folder."""

    def __init__(self, folder: Path, *, title: str) -> None:
        """Reads the files.

        Args:
            folder: The service's own files; `main.html` is the content of its page.
            title: What the page is called.
        """
        files = {**read_folder(SHARED), **read_folder(folder)}
        frame, main = (files[name].content.decode() for name in (_FRAME, _MAIN))
        self._document = frame.replace("<!-- title -->", title).replace("<!-- main -->", main)
        self._files = {name: file for name, file in files.items() if name not in _OF_THE_PAGES}

    @property
    def paths(self) -> frozenset[str]:
        """Every path that the page has: they need no key, and are not counted as requests."""
        return frozenset({"/", *(f"/page/{name}" for name in self._files)})

    def router(self) -> APIRouter:
        """Returns the routes."""
        router = APIRouter(include_in_schema=False)

        @router.get("/")
        async def page(request: Request) -> Response:
            return html_for(self._document, request).response_to(request)

        @router.get("/page/{name}")
        async def file(request: Request, name: str) -> Response:
            if name not in self._files:
                raise HTTPException(_NOT_FOUND)
            return self._files[name].response_to(request)

        return router


def docs_router(title: str, files_path: str) -> APIRouter:
    """Returns the routes of `/docs`.

    Args:
        title: What the page is called.
        files_path: Where Swagger UI's own files are.
    """
    router = APIRouter(include_in_schema=False)
    files = read_folder(SHARED)
    document = files[_DOCS].content.decode().replace("<!-- title -->", title)
    document = document.replace("<!-- files -->", files_path.lstrip("/"))

    @router.get("/docs")
    async def docs(request: Request) -> Response:
        return html_for(document, request).response_to(request)

    @router.get(DOCS_START)
    async def start(request: Request) -> Response:
        return files[_START].response_to(request)

    return router
