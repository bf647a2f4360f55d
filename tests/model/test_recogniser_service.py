"""A checkpoint of each family through the whole service: file, store, self-test, HTTP."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_stt.app import build, fetch_recogniser
from nemo_voice_stt.settings import SttSettings
from support.http.serving import client_of
from support.http.transcribing import transcribed
from support.models.recognisers import saved

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the look-alikes lie."""
    return tmp_path_factory.mktemp("recognisers")


@pytest.fixture(scope="module")
def sound() -> bytes:
    """Bursts of noise as a WAV file."""
    random = np.random.default_rng(0)
    bursts = np.repeat(random.uniform(0, 0.5, 60), 800)
    noise = (random.standard_normal(bursts.size) * bursts).clip(-1, 1).astype(np.float32)
    return encode_whole(AudioFormat.WAV, noise, RATE_HZ)


@asynccontextmanager
async def served(
    name: str, folder: Path, sound: bytes, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Yields a client of the service with a look-alike, whose self-test hears the sound."""
    clip = folder / "self_test.wav"
    clip.write_bytes(sound)
    store = folder / "store"
    given = {
        "model": f"file://{saved(name, folder)}",
        "model_cache": store,
        "device": "cpu",
        "piece_s": 5.0,
        "self_test": {"clip": clip},
    }
    app = build(SttSettings.model_validate(given | settings), fetch_recogniser)
    async with client_of(app) as client:
        yield client
    shutil.rmtree(store, ignore_errors=True)


@pytest.mark.parametrize(
    ("name", "decoder", "kind"),
    [
        ("parakeet-ctc", "auto", "CTC"),
        ("quartznet-ctc", "ctc", "CTC"),
        ("conformer-transducer-characters", "transducer", "transducer"),
        ("parakeet-tdt_ctc", "ctc", "hybrid"),
        ("nemotron-streaming", "auto", "transducer"),
        ("parakeet-eou", "auto", "end-of-utterance transducer"),
    ],
)
async def test_a_recogniser_of_each_family_answers(
    folder: Path, sound: bytes, name: str, decoder: str, kind: str
) -> None:
    async with served(name, folder, sound, decoder=decoder) as client:
        models = await client.get("/v1/models")
        verbose = await transcribed(
            client,
            sound,
            response_format="verbose_json",
            **{"timestamp_granularities[]": ["word", "segment"], "keywords[]": ["hello"]},
        )
        logged = await transcribed(client, sound, **{"include[]": "logprobs"})
        subtitles = await transcribed(client, sound, response_format="srt")
    assert models.json()["data"][0]["kind"] == kind
    heard = verbose.json()
    assert heard["text"]
    assert 0 <= heard["words"][0]["start"] <= heard["words"][-1]["end"] <= heard["duration"]
    assert all(0 <= word["confidence"] <= 1 for word in heard["words"])
    assert heard["segments"][0]["tokens"]
    spelled = "".join(one["token"] for one in logged.json()["logprobs"])
    assert spelled.replace(" ", "") == logged.json()["text"].replace(" ", "")
    assert "-->" in subtitles.text


async def test_a_prompted_recogniser_is_told_the_language_of_the_request(
    folder: Path, sound: bytes
) -> None:
    async with served("nemotron-prompted", folder, sound) as client:
        models = await client.get("/v1/models")
        texts = {
            language: (await transcribed(client, sound, language=language)).json()["text"]
            for language in ("es", "es-ES", "es-US", "ja", "auto")
        }
        unnamed = await transcribed(client, sound, response_format="verbose_json")
        named = await transcribed(client, sound, response_format="verbose_json", language="de")
        foreign = await transcribed(client, sound, language="fr")
    assert models.json()["data"][0]["languages"] == [
        "en-US",
        "en-GB",
        "es-ES",
        "es-US",
        "de-DE",
        "ja-JP",
    ]
    assert texts["es"] == texts["es-ES"]
    assert len({texts["es-ES"], texts["es-US"], texts["ja"]}) == 3
    assert texts["auto"] == unnamed.json()["text"]
    assert (unnamed.json()["language"], named.json()["language"]) == ("unknown", "german")
    assert foreign.status_code == 400
    assert "does not understand 'fr'" in foreign.json()["error"]["message"]
