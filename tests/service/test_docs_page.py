"""`/docs` without a network: everything it refers to is served by the service itself."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlparse

import pytest
from typing_extensions import override

from support.http.served import served
from support.http.voice_apps import calling, stt_app, tts_app
from support.not_run import not_run

PREFIXES = pytest.mark.parametrize("prefix", ["", "/speech"])
_ADDRESS = re.compile(r"https?://[^\s'\"<>]+")


class References(HTMLParser):
    """Collects the files that a page refers to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts: set[str | None] = set()
        """None stands for one within the page."""
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "base":
            self.found += [value for name, value in attrs if name in {"src", "href"} and value]
        if tag == "script":
            self.scripts.add(dict(attrs).get("src"))


@PREFIXES
async def test_whatever_the_page_refers_to_is_served_without_a_key(
    prefix: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    async with calling(tts_app(root_path=prefix, api_keys_file=keys)) as client:
        page = (await client.get(f"{prefix}/docs")).text
        references, scripts = References(page).found, References(page).scripts
        files = {path: await client.get(f"{prefix}/{path}") for path in references}
        head = await client.head(f"{prefix}/{references[0]}")
        refused = await client.post(f"{prefix}/{references[0]}")
    assert _ADDRESS.findall(page) == []
    assert (f'<base href="{prefix}/">' in page) is bool(prefix)
    assert scripts == {"docs/files/swagger-ui-bundle.js", "docs/start.js"}
    assert {path.rpartition("/")[2] for path in references} == {
        "swagger-ui.css",
        "favicon.png",
        "swagger-ui-bundle.js",
        "start.js",
    }
    assert {path: file.status_code for path, file in files.items()} == dict.fromkeys(files, 200)
    kinds = {path.rpartition(".")[2]: file.headers["content-type"] for path, file in files.items()}
    assert kinds["js"].startswith("text/javascript")
    assert kinds["css"].startswith("text/css")
    assert head.status_code == 200
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path", ["/docs/files/", "/docs/files/../core.py", "/docs/files/%2e%2e/core.py"]
)
async def test_nothing_else_is_served(path: str) -> None:
    async with calling(tts_app()) as client:
        response = await client.get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


@PREFIXES
@pytest.mark.parametrize(
    ("build", "route"),
    [(tts_app, "/v1/audio/speech"), (stt_app, "/v1/audio/transcriptions")],
    ids=["tts", "stt"],
)
def test_a_browser_without_a_network_shows_the_routes(
    build: object, route: str, prefix: str, tmp_path: Path
) -> None:
    chromium = shutil.which("chromium") or not_run("there is no chromium")
    with served(build(root_path=prefix)) as address:  # type: ignore[operator] # one of two functions
        host = urlparse(address).hostname
        shown = subprocess.run(
            [
                chromium,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                f"--user-data-dir={tmp_path}",
                f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {host}",
                "--virtual-time-budget=20000",
                "--dump-dom",
                urljoin(address, f"{prefix}/docs"),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        ).stdout
    assert f'data-path="{route}"' in shown
    assert "Failed to load" not in shown
    # The address that "Try it out" calls.
    assert (f'value="{prefix}"' in shown) is bool(prefix)
