"""Bodies that are made to cost much are refused soon, in little memory, while others are served."""

import asyncio
import gzip
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from support.http.service_process import ServiceProcess, bystander, service_process
from support.http.transcribing import clip

GROWTH_MB = 150.0
SOON_S = 20.0
SPEECH, TRANSCRIPT = "/synthesize", "/v1/audio/transcriptions"
JSON = "application/json"
B = "xxxxx"
FORM = f"multipart/form-data; boundary={B}"
MILLION = 1_000_000
ZEROS = b"\0" * (100 * MILLION)


@dataclass(frozen=True)
class Body:
    """One request's body, and which statuses refuse it."""

    path: str
    kind: str
    content: bytes
    encoding: str = ""
    statuses: tuple[int, ...] = (400,)


def part(name: str, content: bytes = b"x", *, headers: str = "") -> bytes:
    """One part of a form."""
    head = f'--{B}\r\nContent-Disposition: form-data; name="{name}"\r\n{headers}\r\n'
    return head.encode() + content + b"\r\n"


def file_part(content: bytes) -> bytes:
    """The part of the file that is to be transcribed."""
    head = f'--{B}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = f"--{B}--\r\n".encode()

BODIES = {
    "gzip": Body(SPEECH, JSON, gzip.compress(ZEROS), "gzip", (415,)),
    "deflate": Body(SPEECH, JSON, zlib.compress(ZEROS), "deflate", (415,)),
    "gzip twice": Body(SPEECH, JSON, gzip.compress(gzip.compress(ZEROS)), "gzip, gzip", (415,)),
    "unknown encoding": Body(SPEECH, JSON, b"{}", "br", (415,)),
    "gzip form": Body(TRANSCRIPT, FORM, gzip.compress(ZEROS), "gzip", (415,)),
    "deep lists": Body(SPEECH, JSON, b"[" * MILLION),
    "deep objects": Body(SPEECH, JSON, b'{"a":' * 300_000),
    "a long number": Body(SPEECH, JSON, b'{"text": 1' + b"0" * MILLION + b"}"),
    "many keys": Body(
        SPEECH, JSON, b"{" + b",".join(b'"k%d":1' % n for n in range(150_000)) + b"}"
    ),
    "one key many times": Body(SPEECH, JSON, b"{" + b'"text":1,' * 200_000 + b'"text":1}'),
    "no JSON": Body(SPEECH, JSON, b"\xff" * MILLION),
    "text of escapes": Body(SPEECH, JSON, b'{"text": "' + rb"\u0000" * 300_000 + b'"}'),
    "many parts": Body(TRANSCRIPT, FORM, part("language") * 100_000 + END),
    "many names": Body(TRANSCRIPT, FORM, b"".join(part(f"n{n}") for n in range(50_000)) + END),
    "many files": Body(TRANSCRIPT, FORM, file_part(b"x") * 1000 + END),
    "a long name": Body(TRANSCRIPT, FORM, part("n" * 5 * MILLION) + END),
    "a large field": Body(TRANSCRIPT, FORM, part("prompt", b"x" * 50 * MILLION) + END),
    "many headers of a part": Body(TRANSCRIPT, FORM, part("a", headers="X: y\r\n" * 500_000) + END),
    "an endless header of a part": Body(TRANSCRIPT, FORM, part("a", headers="X" * 9 * MILLION)),
    "no end": Body(TRANSCRIPT, FORM, part("language", b"en")),
    "a part without an end": Body(TRANSCRIPT, FORM, part("prompt", b"x" * 60_000)[:-2]),
    "nested boundaries": Body(
        TRANSCRIPT,
        FORM,
        b"".join(
            part(f"n{n}", headers=f"Content-Type: multipart/mixed; boundary={B}\r\n")
            for n in range(1000)
        )
        + END,
    ),
    "half boundaries": Body(TRANSCRIPT, FORM, part("prompt", f"\r\n--{B[:-1]}".encode() * 9999)),
    "an empty boundary": Body(TRANSCRIPT, "multipart/form-data; boundary=", b"--\r\n" * 9999),
    "a long boundary": Body(
        TRANSCRIPT, f"multipart/form-data; boundary={'b' * 30_000}", b"--" + b"b" * 30_000
    ),
    "no boundary": Body(TRANSCRIPT, "multipart/form-data", part("a") + END),
    "a form of many fields": Body(
        TRANSCRIPT, "application/x-www-form-urlencoded", b"a=b&" * 500_000
    ),
    "a form of one field": Body(
        TRANSCRIPT, "application/x-www-form-urlencoded", b"a=" + b"%41" * 9 * MILLION
    ),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that takes both kinds of body, by its address, once it is warm."""
    with service_process("stt", tmp_path_factory.mktemp("stt"), max_upload_bytes=64 << 20) as made:
        httpx.post(f"{made.address}{TRANSCRIPT}", files={"file": clip()}).raise_for_status()
        yield made


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that takes JSON, once it is warm."""
    with service_process("tts", tmp_path_factory.mktemp("tts")) as made:
        httpx.post(f"{made.address}{SPEECH}", json={"text": "Hi."}).raise_for_status()
        yield made


@pytest.mark.parametrize("name", BODIES)
def test_an_expensive_body_is_refused_soon_in_little_memory(
    name: str, service: ServiceProcess, speaking: ServiceProcess
) -> None:
    body = BODIES[name]
    target = speaking if body.path == SPEECH else service
    headers = {"Content-Type": body.kind}
    if body.encoding:
        headers["Content-Encoding"] = body.encoding
    with (
        target.growing_less_than(GROWTH_MB),
        bystander(lambda client: client.get(f"{target.address}/v1/models")) as others,
    ):
        began_s = time.monotonic()
        sent = httpx.post(
            f"{target.address}{body.path}", content=body.content, headers=headers, timeout=60
        )
        took_s = time.monotonic() - began_s
    assert sent.status_code in body.statuses, sent.text[:300]
    assert set(sent.json()["error"]) == {"message", "type", "param", "code"}
    assert len(sent.content) < 2000 + len(body.kind)
    assert took_s < SOON_S
    assert others.failures == []
    assert others.slowest_s < SOON_S


def test_a_body_that_says_it_is_as_it_is_is_read(speaking: ServiceProcess) -> None:
    headers = {"Content-Encoding": "identity"}
    sent = httpx.post(f"{speaking.address}{SPEECH}", json={"text": "Hi."}, headers=headers)
    assert sent.status_code == 200


CHUNKED = (
    b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


@pytest.mark.parametrize(
    ("chunks", "statuses"),
    [
        (b"fffffffffffffffff\r\nx", {b"400"}),
        (b"ffffffffffffffff\r\n" + b"x" * 3 * MILLION, {b"400", b"413"}),
        (b"-1\r\n\r\n0\r\n\r\n", {b"400"}),
        (b"+2\r\n{}\r\n0\r\n\r\n", {b"400"}),
        (b"0x2\r\n{}\r\n0\r\n\r\n", {b"400"}),
        (b"2 \r\n{}\r\n0\r\n\r\n", {b"400"}),
        (b"2\n{}\n0\n\n", {b"400"}),
        (b"2;" + b"e" * 200_000 + b"\r\n{}\r\n0\r\n\r\n", {b"400", b"431"}),
        (b"2\r\n{}}}\r\n0\r\n\r\n", {b"400"}),
        (b"1\r\n \r\n" * 400_000 + b"0\r\n\r\n", {b"400"}),
        (b"0" * 200_000 + b"\r\n\r\n", {b"400", b"431"}),
        (b"1\r\n \r\n" * 3_000_000, {b"413"}),
    ],
)
def test_abuse_of_chunks_is_refused_soon(
    chunks: bytes, statuses: set[bytes], speaking: ServiceProcess
) -> None:
    async def call() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", speaking.port)
        try:
            writer.write(CHUNKED + chunks)
            async with asyncio.timeout(SOON_S):
                return await reader.read(64)
        finally:
            writer.transport.abort()  # what is unsent stays so

    with (
        speaking.growing_less_than(GROWTH_MB),
        bystander(lambda client: client.get(f"{speaking.address}/v1/models")) as others,
    ):
        assert asyncio.run(call())[9:12] in statuses
    assert others.failures == []
    assert others.slowest_s < SOON_S
