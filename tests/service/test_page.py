"""The page at `/`: its files, headers and addresses, and the service without it."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from typing_extensions import override

from nemo_voice_serving.http.page.files import SHARED
from nemo_voice_tts.settings import TtsSettings
from support.docs.repository import ROOT, tracked_files
from support.http.voice_apps import calling, stt_app, tts_app

BOTH = pytest.mark.parametrize("build", [tts_app, stt_app], ids=["tts", "stt"])
_IMPORT = re.compile(r'(?:from|import) "\./([\w.]+)"|addModule\(address\("page/([\w.]+)"')
_ELSEWHERE = re.compile(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+", re.IGNORECASE)
_NAMESPACE = "//www.w3.org"

Build = Callable[..., FastAPI]


class Elements(HTMLParser):
    """Collects what a page refers to, and what it has within itself that its policy forbids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.files: set[str] = set()
        self.forbidden: list[str] = []
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        named = given.get("src") if tag in {"script", "img"} else given.get("href")
        if tag in {"script", "img", "link"} and named:
            self.files.add(named)
        self.forbidden += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.forbidden.append(tag)


async def files_of(client: httpx.AsyncClient) -> dict[str, httpx.Response]:
    """Returns whatever the page refers to, and what that refers to in turn, by its address."""
    wanted = Elements((await client.get("/")).text).files
    found: dict[str, httpx.Response] = {}
    while missing := wanted - found.keys():
        path = missing.pop()
        found[path] = await client.get(f"/{path}")
        wanted |= {f"page/{a or b}" for a, b in _IMPORT.findall(found[path].text)}
    return found


@BOTH
async def test_the_page_and_all_its_files_are_served_without_a_key(
    build: Build, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    async with calling(build(api_keys_file=keys)) as client:
        page = await client.get("/")
        seen = await files_of(client)
        models = await client.get("/v1/models")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert Elements(page.text).forbidden == []
    assert len(seen) > 5
    assert {path: one.status_code for path, one in seen.items()} == dict.fromkeys(seen, 200)
    addresses = {
        found
        for text in (page.text, *(one.text for one in seen.values()))
        for found in _ELSEWHERE.findall(text)
    }
    assert {one.partition(":")[2] or one for one in addresses} <= {_NAMESPACE}
    assert models.status_code == 401


@pytest.mark.parametrize(("build", "folder"), [(tts_app, "tts"), (stt_app, "stt")])
async def test_no_file_of_a_page_is_left_over(build: Build, folder: str) -> None:
    async with calling(build()) as client:
        used = await files_of(client)
    own = [path for path in tracked_files() if f"nemo_voice_{folder}/http/page" in path.as_posix()]
    shared = [path for path in tracked_files() if (ROOT / path).parent == SHARED]
    assert len(own) > 2
    parts = {"frame.html", "main.html", "docs.html", "docs.js"}
    assert {path.name for path in (*own, *shared)} - parts == {one[5:] for one in used}


@BOTH
@pytest.mark.parametrize("path", ["/", "/page/style.css", "/docs", "/docs/start.js"])
async def test_a_browser_asks_again_and_gets_what_has_changed(build: Build, path: str) -> None:
    async with calling(build()) as client:
        first = await client.get(path)
        etag = first.headers["etag"]
        same = await client.get(path, headers={"If-None-Match": f'"other", W/{etag}'})
        other = await client.get(path, headers={"If-None-Match": '"other"'})
        head = await client.head(path)
    assert first.headers["cache-control"] == "no-cache"
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    assert same.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert (other.status_code, other.content) == (200, first.content)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(first.content)))


@BOTH
async def test_without_the_setting_there_is_no_page(build: Build) -> None:
    async with calling(build(page=False)) as client:
        found = {
            path: (await client.get(path)).json()["error"]["code"]
            for path in ("/", "/page/main.js")
        }
        docs = await client.get("/docs")
    assert found == dict.fromkeys(found, "not_found")
    assert docs.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [("/page/", 404), ("/page/main.html", 404), ("/page/nothing.js", 404), ("/page", 404)],
)
async def test_nothing_else_is_served(path: str, status: int) -> None:
    async with calling(tts_app()) as client:
        response = await client.get(path)
        posted = await client.post("/page/main.js")
    assert (response.status_code, response.json()["error"]["code"]) == (status, "not_found")
    assert (posted.status_code, posted.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("settings", "headers", "base"),
    [
        ({}, {}, None),
        ({"root_path": "/speech"}, {}, "/speech/"),
        ({"forwarded_allow_ips": "*"}, {"X-Forwarded-Prefix": "/a/b"}, "/a/b/"),
        ({"forwarded_allow_ips": "*"}, {"X-Forwarded-Prefix": '/"><script>'}, None),
        ({}, {"X-Forwarded-Prefix": "/a"}, None),
    ],
)
async def test_addresses_are_relative_to_the_prefix(
    settings: dict[str, Any], headers: dict[str, str], base: str | None
) -> None:
    async with calling(tts_app(**settings)) as client:
        page = (await client.get("/", headers=headers)).text
    assert re.findall(r'<base href="([^"]*)">', page) == ([base] if base else [])
    assert "<!-- " not in page


async def test_the_page_is_no_request_of_the_metrics_and_no_route_of_the_description() -> None:
    async with calling(tts_app()) as client:
        for path in ("/", "/page/main.js", "/page/style.css"):
            await client.get(path)
        metrics = (await client.get("/metrics")).text
        described = (await client.get("/openapi.json")).json()["paths"]
    assert "nemo_voice_requests_total{" not in metrics
    assert not [path for path in described if path == "/" or path.startswith(("/page", "/docs"))]


def test_a_prefix_cannot_hide_the_pages_files() -> None:
    with pytest.raises(ValueError, match="own addresses"):
        TtsSettings(root_path="/page")
