"""`POST /v1/audio/reading`, and lists of pronunciations in every request that holds a text."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_tts.text.pronunciation_file import PronunciationFile
from support.http.voice_apps import calling, tts_app
from support.models.fakes import FakeVoice

READING = "/v1/audio/reading"


def said(voice: FakeVoice) -> str:
    """What the voice said last."""
    return "".join(map(chr, voice.phrases[-1].tokens))


async def test_a_reading_is_words_with_their_places_and_takes_no_device() -> None:
    voice = FakeVoice()
    async with calling(tts_app(voice)) as client:
        before = len(voice.phrases)
        text = "Dr Smith is here. See v1.2 of Nginx."
        response = await client.post(
            READING, json={"text": text, "pronunciations": {"nginx": "{EH1 N}"}}
        )
        assert len(voice.phrases) == before
    assert response.status_code == 200
    first, second = response.json()["phrases"]
    assert first["text"] == "Doctor Smith is here."
    assert (first["start"], first["end"], first["pause_seconds"]) == (0, 17, 0.0)
    assert second["text"] == "See version one point two of /ˈɛn/."
    assert text[second["start"] : second["end"]] == "See v1.2 of Nginx."
    assert second["pace"] == 1.0


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"text": "?!"}, "text", "unspeakable_text"),
        ({"text": "x" * 100_001}, "text", "text_too_long"),
        (
            {"text": "a", "pronunciations": {"b": "{QQ}"}},
            "pronunciations",
            "invalid_pronunciations",
        ),
        ({}, "text", None),
    ],
)
async def test_what_cannot_be_read_is_refused(
    body: dict[str, object], param: str, code: str | None
) -> None:
    async with calling(tts_app()) as client:
        response = await client.post(READING, json=body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["param"] == param
    assert code is None or error["code"] == code


async def test_a_reading_waits_for_a_service_that_is_ready() -> None:
    gate = threading.Event()
    async with calling(tts_app(FakeVoice(gate=gate)), ready=False) as client:
        assert (await client.post(READING, json={"text": "Hello."})).status_code == 503
        gate.set()


async def test_a_key_is_asked_for(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    async with calling(tts_app(api_keys_file=keys)) as client:
        assert (await client.post(READING, json={"text": "Hello."})).status_code == 401


async def test_every_request_brings_its_own_pronunciations_before_the_services(
    tmp_path: Path,
) -> None:
    own = tmp_path / "list.txt"
    own.write_text("Nginx  engine x\nApache  a patchy\n")
    voice = FakeVoice()
    text = "Nginx and Apache."
    wanted = "en jinx and a patchy."
    async with calling(tts_app(voice, pronunciations=own)) as client:
        await client.post("/synthesize", json={"text": text})
        assert said(voice) == "engine x and a patchy."
        words = {"Nginx": "en jinx"}
        await client.post("/synthesize", json={"text": text, "pronunciations": words})
        assert said(voice) == wanted
        await client.post("/v1/audio/speech", json={"input": text, "pronunciations": words})
        assert said(voice) == wanted
        form = {"text": (None, text), "custom_dictionary": (None, "nginx  {EH1 N}")}
        response = await client.post("/v1/audio/synthesize", files=form)
        assert response.status_code == 200
        assert said(voice) == "EH1 N and a patchy."
        reading = await client.post(READING, json={"text": text})
        assert reading.json()["phrases"][0]["text"] == "engine x and a patchy."
        metrics = (await client.get("/metrics")).text
    assert "nemo_voice_pronunciations 2.0" in metrics
    assert "nemo_voice_pronunciations_refused 0.0" in metrics


async def test_a_list_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    own = tmp_path / "list.txt"
    own.write_text("# names\nNginx engine\n")
    app = tts_app(pronunciations=own, failed_linger_s=30)
    async with calling(app, ready=False) as client:
        await app.state.service._settled.wait()
        reason = (await client.get("/v1/health/ready")).json()["reason"]
    assert f"the pronunciations in {own}: line 2: put a tab or two spaces" in reason


async def test_a_changed_list_is_read_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemo_voice_tts.text.pronunciation_file.POLL_S", 0.01)
    own = tmp_path / "list.txt"
    own.write_text("Nginx  engine x\n")
    async with calling(tts_app(pronunciations=own)) as client:

        async def until_read(text: str, metric: str) -> None:
            deadline_s = time.monotonic() + 30
            while time.monotonic() < deadline_s:
                await asyncio.sleep(0.01)
                reading = await client.post(READING, json={"text": "Nginx."})
                is_there = metric in (await client.get("/metrics")).text
                if reading.json()["phrases"][0]["text"] == text and is_there:
                    return
            pytest.fail(f"{text!r} was never read")

        await until_read("engine x.", "nemo_voice_pronunciations 1.0")
        _replace(own, "Nginx  en jinx\nApache  a patchy\n")
        await until_read("en jinx.", "nemo_voice_pronunciations 2.0")
        _replace(own, "Nginx broken\n")
        await until_read("en jinx.", "nemo_voice_pronunciations_refused 1.0")
        own.unlink()
        await until_read("en jinx.", "nemo_voice_pronunciations_refused 1.0")
        _replace(own, "Nginx  engine x\n")
        await until_read("engine x.", "nemo_voice_pronunciations_refused 0.0")


def _replace(file: Path, content: str) -> None:
    """Puts a whole file in its place: the looks are 10 ms apart, and writing may take longer."""
    new = file.with_suffix(".new")
    new.write_text(content)
    new.rename(file)


def test_a_mounted_folder_is_followed_through_the_swap_of_its_links(tmp_path: Path) -> None:
    def version(name: str, content: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "names").write_text(content)
        link = tmp_path / "..tmp"
        link.symlink_to(name)
        link.rename(tmp_path / "..data")

    version("..1", "Nginx  engine x\n")
    (tmp_path / "names").symlink_to("..data/names")
    (tmp_path / "more").write_text("GIF  jiff\n")
    followed = PronunciationFile(tmp_path)
    followed.load()
    assert [entry.word for entry in followed.current.entries] == ["GIF", "Nginx"]
    version("..2", "Nginx  en jinx\nApache  a patchy\n")
    followed.refresh()
    followed.refresh()
    assert [entry.word for entry in followed.current.entries] == ["GIF", "Nginx", "Apache"]
    version("..3", "GIF  giff\n")
    followed.refresh()
    followed.refresh()
    assert len(followed.current) == 3
    with pytest.raises(BackendFailed, match="names, line 1: 'GIF' is there twice"):
        PronunciationFile(tmp_path).load()


def test_a_list_that_is_being_written_is_not_used_yet(tmp_path: Path) -> None:
    own = tmp_path / "list"
    own.write_text("Nginx  engine x\n")
    followed = PronunciationFile(own)
    followed.load()
    for half in ("", "Nginx  en jinx\n"):
        own.write_text(half)
        followed.refresh()
        assert followed.current.entries[0].said == "engine x"
    own.write_text("Nginx  en jinx\nApache  a patchy\n")
    followed.refresh()
    followed.refresh()
    assert len(followed.current) == 2


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\xff\xfe", "write them in UTF-8"), (b"x" * 1_100_000, "is larger")]
)
def test_files_that_are_no_lists_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(BackendFailed, match=reason):
        PronunciationFile(tmp_path).load()
