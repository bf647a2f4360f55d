"""What clients send although it says nothing: null, empty items, and fields without effect."""

from typing import Any

import pytest

from nemo_voice_tts.http.schemas import SpeechRequest, SynthesizeRequest
from support.http.raw_http import sent
from support.http.speech_service import TEXT
from support.http.transcribing import HEARD, clip, stt_service, transcribed
from support.http.voice_apps import calling, tts_app

OPTIONAL = [
    ("/v1/audio/speech", "input", sorted(SpeechRequest.model_fields.keys() - {"input"})),
    ("/synthesize", "text", sorted(SynthesizeRequest.model_fields.keys() - {"text"})),
]
LISTS = ["timestamp_granularities", "keywords", "languages", "include"]


@pytest.mark.parametrize(("path", "required", "optional"), OPTIONAL)
async def test_null_is_the_same_as_absent(path: str, required: str, optional: list[str]) -> None:
    plain = {required: TEXT}
    async with calling(tts_app()) as client:
        absent = await client.post(path, json=plain)
        each = [await client.post(path, json={**plain, name: None}) for name in optional]
        every = await client.post(path, json={**plain, **dict.fromkeys(optional), "other": None})
    assert absent.status_code == 200
    assert len(optional) >= 1
    for response in (*each, every):
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == absent.headers["content-type"]
        assert response.content == absent.content


@pytest.mark.parametrize(("path", "required"), [(path, name) for path, name, _ in OPTIONAL])
async def test_null_is_no_text(path: str, required: str) -> None:
    async with calling(tts_app()) as client:
        response = await client.post(path, json={required: None})
    assert (response.status_code, response.json()["error"]["param"]) == (400, required)


async def test_the_document_says_where_null_may_be() -> None:
    async with calling(tts_app()) as client:
        schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    for name in ("SpeechRequest", "SynthesizeRequest"):
        fields = schemas[name]["properties"]
        nullable = {key for key in fields if {"type": "null"} in fields[key].get("anyOf", [])}
        assert nullable == fields.keys() - set(schemas[name]["required"])
    form = schemas["NimSpeechRequest"]["properties"]
    assert all({"type": "null"} not in field.get("anyOf", []) for field in form.values())


@pytest.mark.parametrize("suffix", ["", "[]"])
@pytest.mark.parametrize("name", LISTS)
async def test_an_empty_list_is_the_default(name: str, suffix: str) -> None:
    field = f"{name}{suffix}"
    shape = "json" if name == "include" else "verbose_json"
    async with stt_service() as client:
        absent = await transcribed(client, clip(), response_format=shape)
        for value in ("", ["", ""]):
            empty = await transcribed(client, clip(), response_format=shape, **{field: value})
            assert empty.status_code == 200, empty.text
            assert empty.json() == absent.json()


async def test_an_empty_item_beside_others_counts_for_nothing() -> None:
    both: dict[str, Any] = {"timestamp_granularities[]": ["", "word"]}
    async with stt_service() as client:
        response = await transcribed(client, clip(), response_format="verbose_json", **both)
    assert "words" in response.json()
    assert "segments" not in response.json()


async def test_every_optional_field_may_be_empty() -> None:
    async with stt_service() as client:
        document = (await client.get("/openapi.json")).json()
        form = document["components"]["schemas"]["TranscriptionForm"]
        names = form["properties"].keys() - {"file"}
        response = await transcribed(client, clip(), **dict.fromkeys(names, ""))
    assert len(names) > 10
    assert (response.status_code, response.json()["text"]) == (200, HEARD)


@pytest.mark.parametrize("shape", ["json", "text", "srt", "vtt"])
@pytest.mark.parametrize("name", ["timestamp_granularities[]", "timestamp_granularities"])
async def test_granularities_change_nothing_but_verbose_json(shape: str, name: str) -> None:
    async with stt_service() as client:
        plain = await transcribed(client, clip(), response_format=shape)
        asked: dict[str, Any] = {name: ["word", "segment"]}
        timed = await transcribed(client, clip(), response_format=shape, **asked)
    assert (timed.status_code, timed.content) == (200, plain.content)


PART = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n--b--\r\n'
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
FILES = [("/v1/audio/transcriptions", "file"), ("/transcribe", "audio_file")]


@pytest.mark.parametrize("size", [10, 60_000, 70_000, 5_000_000])
@pytest.mark.parametrize(("path", "name"), FILES)
async def test_a_file_without_a_filename_is_told_so_whatever_its_size(
    path: str, name: str, size: int
) -> None:
    body = PART % (name.encode(), b"R" * size)
    async with stt_service() as client:
        response = await client.post(path, content=body, headers=FORM)
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, name)
    assert error["message"].startswith(f"{name}: ")
    assert error["message"].endswith("a part of multipart/form-data with a filename.")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (FORM, PART % (b"prompt", b"x" * 70_000)),
        (URLENCODED, b"prompt=" + b"x" * 70_000),
        (URLENCODED, b"prompt=" + b"%41" * 70_000),
    ],
    ids=["multipart", "urlencoded", "escaped"],
)
async def test_an_error_names_the_field_that_is_too_large(
    headers: dict[str, str], body: bytes
) -> None:
    async with stt_service() as client:
        response = await client.post("/v1/audio/transcriptions", content=body, headers=headers)
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, "prompt")
    assert "65536 bytes" in error["message"]


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "codings",
    [
        ["gzip"],
        ["GZIP"],
        ["x-gzip"],
        ["deflate"],
        ["br"],
        ["zstd"],
        ["compress"],
        ["identity, gzip"],
        ["gzip", "identity"],
        ["unheard-of"],
    ],
)
@pytest.mark.parametrize("kind", [JSON, FORM], ids=["json", "form"])
async def test_a_compressed_body_is_told_how_to_come(
    codings: list[str], kind: dict[str, str]
) -> None:
    headers = [*kind.items(), *(("Content-Encoding", coding) for coding in codings)]
    async with calling(tts_app()) as client:
        response = await client.post("/v1/audio/synthesize", content=b"12345", headers=headers)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (415, "unsupported_media_type")
    assert "without a Content-Encoding" in error["message"]
    assert response.headers["accept-encoding"] == "identity"


async def test_a_compressed_transfer_is_refused_likewise() -> None:
    head = b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    coded = b"Transfer-Encoding: deflate, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    async with calling(tts_app()) as client:
        response = await sent(client, head + coded)
    assert (response.status, response.headers["accept-encoding"]) == (415, "identity")


@pytest.mark.parametrize("codings", [["identity"], [""], ["identity, identity"]])
async def test_a_body_as_it_is_may_say_so(codings: list[str]) -> None:
    headers = [("Content-Encoding", coding) for coding in codings]
    async with calling(tts_app()) as client:
        response = await client.post("/synthesize", json={"text": "Hi."}, headers=headers)
        empty = await client.get("/v1/models", headers={"Content-Encoding": "gzip"})
    assert (response.status_code, empty.status_code) == (200, 200)


@pytest.mark.parametrize("start", [b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd"], ids=["gzip", "zstd"])
@pytest.mark.parametrize("kind", [JSON, FORM, URLENCODED], ids=["json", "form", "urlencoded"])
async def test_a_compressed_body_is_known_by_its_bytes(start: bytes, kind: dict[str, str]) -> None:
    path = "/synthesize" if kind is JSON else "/v1/audio/synthesize"
    async with calling(tts_app()) as client:
        response = await client.post(path, content=start + b"x" * 1000, headers=kind)
    assert response.status_code == 415
    assert response.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("/synthesize", "application/json"),
        ("/v1/audio/synthesize", "multipart/form-data, application/x-www-form-urlencoded"),
    ],
)
async def test_a_415_states_what_is_read(path: str, accepted: str) -> None:
    async with calling(tts_app()) as client:
        response = await client.post(path, content=b"hi", headers={"Content-Type": "text/plain"})
    assert (response.status_code, response.headers["accept"]) == (415, accepted)


async def test_bytes_that_are_no_text_are_named() -> None:
    async with calling(tts_app()) as client:
        response = await client.post("/synthesize", content=b'{"text": "\xff"}', headers=JSON)
    assert (
        response.json()["error"]["message"] == "The body cannot be read as text: it is not UTF-8."
    )


@pytest.mark.parametrize("path", [path for path, _ in FILES])
async def test_a_415_of_a_route_for_files_names_what_can_hold_one(path: str) -> None:
    async with stt_service() as client:
        response = await client.post(path, content=clip(), headers={"Content-Type": "audio/wav"})
    assert (response.status_code, response.headers["accept"]) == (415, "multipart/form-data")
    assert response.json()["error"]["message"] == (
        "The Content-Type is audio/wav; this address reads multipart/form-data."
    )


@pytest.mark.parametrize("headers", [{}, {"Content-Type": ""}], ids=["absent", "empty"])
@pytest.mark.parametrize("path", ["/synthesize", "/v1/audio/synthesize"])
async def test_a_body_without_a_content_type_is_told_so(path: str, headers: dict[str, str]) -> None:
    async with calling(tts_app()) as client:
        response = await client.post(path, content=b'{"text": "Hi."}', headers=headers)
    assert response.status_code == 415
    assert response.json()["error"]["message"].startswith("The Content-Type is missing; ")


@pytest.mark.parametrize(("path", "name"), FILES)
async def test_a_missing_file_is_told_how_to_come(path: str, name: str) -> None:
    async with stt_service() as client:
        for sent_as in (
            {},
            {"data": {"model": "demo"}},
            {"files": {"audio": ("a.wav", clip())}},
            {"content": clip(), "headers": URLENCODED},
        ):
            error = (await client.post(path, **sent_as)).json()["error"]
            assert error["param"] == name
            assert error["message"] == (
                f"{name}: Send a file as a part of multipart/form-data with a filename."
            )


@pytest.mark.parametrize("cut", [1, 4, 6, 1000])
async def test_a_form_that_is_cut_off_is_told_so(cut: int) -> None:
    parts = [PART % (b"model", b"demo"), PART % (b'file"; filename="a.wav', clip())]
    whole = b"".join(part.removesuffix(b"--b--\r\n") for part in parts) + b"--b--"
    async with stt_service() as client:
        path = "/v1/audio/transcriptions"
        accepted = await client.post(path, content=whole, headers=FORM)
        response = await client.post(path, content=whole[:-cut], headers=FORM)
    assert accepted.json()["text"] == HEARD
    assert response.status_code == 400
    assert (
        response.json()["error"]["message"] == "The form is cut off: its last boundary is missing."
    )
