"""No text, transcript, file name or key of a request is in anything that a service writes."""

import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from nemo_voice_tts.text.grammars import build_grammars, default_grammars
from support.http.service_process import ServiceProcess, service_process
from support.http.transcribing import clip
from support.waiting import until

MARKER = "Zanzibar"
FAILURES = ("unsayable", "unnormal", "breaking")
DEBUG: dict[str, Any] = {"log_level": "debug"}


def events(service: ServiceProcess) -> list[str]:
    """The events that were logged, each a line of JSON: nothing else writes."""
    return [json.loads(line)["event"] for line in service.written().splitlines()]


def until_logged(service: ServiceProcess, *expected: str) -> None:
    """Waits until all of these events are logged: a client may have its response before."""

    def are_logged() -> bool:
        found = events(service)
        return all(any(event.startswith(one) for event in found) for one in expected)

    until(f"{expected} are logged", are_logged)


def socket_to(service: ServiceProcess) -> socket.socket:
    """A connection to the service."""
    return socket.create_connection(("127.0.0.1", service.port), timeout=20)


def speak(service: ServiceProcess, path: str = "/synthesize", **body: object) -> int:
    """The status of a request for speech."""
    return httpx.post(f"{service.address}{path}", json=body, timeout=60).status_code


def assert_nothing_quoted(service: ServiceProcess, *needles: str) -> None:
    for needle in (MARKER, *needles):
        assert needle.lower() not in service.written().lower()


def test_texts_to_speak_are_in_no_line_whatever_becomes_of_them(tmp_path: Path) -> None:
    with service_process("tts", tmp_path, **DEBUG) as service:
        assert speak(service, text=f"All is well in {MARKER}.") == 200
        for word in FAILURES:
            text = f"It is {word} in {MARKER}."
            assert speak(service, text=text) == 500
            assert speak(service, "/v1/audio/reading", text=text) in {200, 500}
            assert speak(service, "/v1/audio/speech", input=text, stream_format="sse") == 500
            # The first phrase is spoken before the second one fails: the response is cut off.
            later = f"All is well. {'And well again. ' * 20}{text}"
            for path, body in (
                ("/synthesize", {"text": later}),
                ("/v1/audio/speech", {"input": later, "stream_format": "sse"}),
            ):
                with suppress(httpx.RemoteProtocolError):
                    assert speak(service, path, **body) == 200
        until_logged(service, "request finished", "request failed", "batch failed")
        assert_nothing_quoted(service)


def test_refused_requests_are_quoted_to_their_client_alone(tmp_path: Path) -> None:
    with service_process("tts", tmp_path, max_text_chars=200, **DEBUG) as service:
        address = service.address
        assert speak(service, text="") == 400
        assert speak(service, text="Hi.", pronunciations={MARKER: "{QQ}"}) == 400
        assert speak(service, text="Москва " * 9 + MARKER) == 400
        assert speak(service, "/v1/audio/speech", input=MARKER * 99) == 400
        assert speak(service, text="Hello.", pace=MARKER) in {200, 400}
        assert speak(service, "/v1/audio/speech", input="Hello.", voice=MARKER) in {200, 400}
        assert speak(service, f"/{MARKER}", text=MARKER) == 404
        assert speak(service, f"/synthesize?text={MARKER}&key={MARKER}", text="Hi.") == 200
        for body in (f'{{"text": "{MARKER}', f"{MARKER}=1", f'["{MARKER}"]', f'{{"{MARKER}": 1}}'):
            for kind in ("application/json", "text/plain", f"x/{MARKER}"):
                sent = httpx.post(
                    f"{address}/synthesize", content=body, headers={"Content-Type": kind}
                )
                assert 400 <= sent.status_code < 500
        raw = f"GET /{MARKER} HTTP/9.9\r\n{MARKER}\r\n\r\n".encode()
        with httpx.Client() as client:
            client.post(f"{address}/synthesize", headers={"Cookie": MARKER}, json={"text": "Hi."})
        with socket_to(service) as connection:
            connection.sendall(raw)
            assert connection.recv(64).startswith(b"HTTP/1.1 400")
        assert_nothing_quoted(service)
        until_logged(service, "request finished")


def test_a_request_that_waits_too_long_or_whose_client_leaves_is_not_quoted(
    tmp_path: Path,
) -> None:
    slow = {"BATCH_S": "0.5"}
    with service_process(
        "tts", tmp_path, environment=slow, request_timeout_s=0.2, **DEBUG
    ) as service:
        with socket_to(service) as connection:
            body = json.dumps({"text": f"Nobody listens in {MARKER}."}).encode()
            head = b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert speak(service, text=f"Too late in {MARKER}, breaking.") in {500, 504}
        assert speak(service, text=f"Too late in {MARKER}.") in {200, 504}
        until("it has ended", lambda: events(service).count("request finished") >= 3)
        assert_nothing_quoted(service)


def test_the_real_normaliser_says_nothing_of_its_texts(tmp_path: Path) -> None:
    build_grammars(default_grammars())  # once for each version, in the user's cache
    texts = [
        f"In {MARKER} it is #1/2 & 50% * more, or $5 ~ 7.",  # "Skipping post-processing of …"
        f"{MARKER} " * 60 + "12",
        f'"{MARKER}" [12] {{3}} \\ 4 | <5> ^ 6',
        f"{MARKER}12 St. Dr. 3:45 p.m. 1e5 -0x7f www.{MARKER}.com",
    ]
    with service_process("tts", tmp_path, environment={"REAL_NORMALISER": "1"}, **DEBUG) as service:
        for text in texts:
            assert speak(service, text=text) == 200
        assert_nothing_quoted(service, "post-processing")
        until_logged(service, "request finished")


def test_recordings_and_what_is_heard_in_them_are_in_no_line(tmp_path: Path) -> None:
    files = {"file": (f"{MARKER}.wav", clip(5))}
    with service_process(
        "stt", tmp_path, environment={"HEARD": f"the flag of {MARKER}"}, **DEBUG
    ) as service:
        address = f"{service.address}/v1/audio/transcriptions"
        for data in (
            {},
            {"stream": "true"},
            {"response_format": "verbose_json"},
            {"response_format": "srt"},
            {"response_format": "vtt"},
            {"prompt": f"{MARKER}, {MARKER} City"},
        ):
            heard = httpx.post(address, files=files, data=data, timeout=60)
            assert (heard.status_code, MARKER in heard.text) == (200, True)
        failed = {"keywords[]": f"{MARKER} breaking"}
        assert httpx.post(address, files=files, data=failed, timeout=60).status_code == 500
        for data in ({"response_format": MARKER}, {"language": MARKER}, {"temperature": MARKER}):
            assert httpx.post(address, files=files, data=data).status_code == 400
        broken = {"file": (f"{MARKER}.wav", MARKER.encode() * 99)}
        assert httpx.post(address, files=broken).status_code == 400
        boundary = f'--{MARKER}\r\nContent-Disposition: form-data; name="{MARKER}"\r\n\r\n{MARKER}'
        kind = {"Content-Type": f"multipart/form-data; boundary={MARKER}"}
        assert httpx.post(address, content=boundary, headers=kind).status_code == 400
        assert_nothing_quoted(service)
        until_logged(service, "request finished", "batch failed")


@pytest.mark.parametrize("kind", ["tts", "stt"])
def test_keys_are_in_no_line_valid_or_not(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("good-Zanzibar-key\nother-Zanzibar-key\n")
    with service_process(kind, tmp_path, api_keys_file=str(file), **DEBUG) as service:
        address = f"{service.address}/v1/models"
        for value in (
            f"Bearer {MARKER}",
            f"Basic {MARKER}",
            MARKER,
            f"Bearer {MARKER} {MARKER}",
            f"Bearer {MARKER * 999}",
        ):
            assert httpx.get(address, headers={"Authorization": value}).status_code == 401
        for header in ("X-Api-Key", "Cookie", "Proxy-Authorization", "api-key"):
            assert httpx.get(address, headers={header: MARKER}).status_code == 401
        assert httpx.get(f"{address}?api_key={MARKER}&key={MARKER}").status_code == 401
        with_user = f"http://{MARKER}:{MARKER}@127.0.0.1:{service.port}/v1/models"
        assert httpx.get(with_user).status_code == 401
        good = {"Authorization": "Bearer good-Zanzibar-key"}
        assert httpx.get(address, headers=good).status_code == 200
        file.write_text("other-Zanzibar-key\n")
        assert httpx.get(address, headers=good).status_code == 401
        assert_nothing_quoted(service)
        until("all are logged", lambda: events(service).count("request finished") >= 10)


LEVELS = ["info", "warning"]


@pytest.mark.parametrize("level", LEVELS)
def test_what_packages_say_of_a_text_is_not_quoted(level: str, tmp_path: Path) -> None:
    with service_process("tts", tmp_path, log_level=level) as service:
        for text in (f"A noisy day in {MARKER}.", f"A noisy and breaking day in {MARKER}."):
            assert speak(service, text=text) in {200, 500}
        until_logged(service, "error in a thread", "error in a finalizer")
        assert_nothing_quoted(service)
        lines = [json.loads(line) for line in service.written().splitlines()]
    places = [line.get("place", "") for line in lines]
    # Where it was said, and of what kind, is there for who looks for a cause.
    assert sum("service_program.py:" in str(place) for place in places) >= 10
    assert {"UserWarning"} <= {line.get("kind") for line in lines}


@pytest.mark.parametrize("level", LEVELS)
def test_what_packages_say_of_a_recording_is_not_quoted(level: str, tmp_path: Path) -> None:
    environment = {"HEARD": f"the flag of {MARKER}"}
    with service_process("stt", tmp_path, environment=environment, log_level=level) as service:
        heard = httpx.post(
            f"{service.address}/v1/audio/transcriptions?prompt={MARKER}",
            files={"file": (f"{MARKER}.wav", clip(5))},
            data={"keywords[]": f"noisy {MARKER}"},
            timeout=60,
        )
        assert (heard.status_code, MARKER in heard.text) == (200, True)
        until_logged(service, "message of another package")
        assert_nothing_quoted(service)
