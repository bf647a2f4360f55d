"""What a page of a service allows: nothing from elsewhere, nothing around it, nothing within it."""

from pathlib import Path

import pytest

from support.http.voice_apps import calling, stt_app, tts_app

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "media-src": "'self' blob:",
    "worker-src": "'self'",
    "base-uri": "'self'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


@pytest.mark.parametrize(
    "path", ["/", "/page/main.js", "/page/style.css", "/docs", "/docs/start.js"]
)
@pytest.mark.parametrize("build", [tts_app, stt_app], ids=["tts", "stt"])
async def test_a_page_allows_only_what_is_the_services_own(build: object, path: str) -> None:
    async with calling(build()) as client:  # type: ignore[operator] # one of two functions
        headers = (await client.get(path)).headers
    directives = [
        one.strip().split(" ", 1) for one in headers["content-security-policy"].split(";")
    ]
    assert dict(directives) == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "microphone" not in headers["permissions-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/page/../app.py",
        "/page/%2e%2e/files.py",
        "/page/..%2ffiles.py",
        "/page//etc/passwd",
        "/page/main.js%00",
        "/page/MAIN.JS",
        "/page/frame.html",
    ],
)
async def test_no_path_leads_out_of_the_pages_files(path: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    async with calling(tts_app()) as client, calling(tts_app(api_keys_file=keys)) as guarded:
        assert (await client.get(path)).status_code == 404
        assert (await guarded.get(path)).status_code == 401
