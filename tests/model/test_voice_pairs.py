"""Every pair that NVIDIA lists, with random weights: fetched, loaded, self-tested and asked."""

import io
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import av
import httpx
import numpy as np
import pytest
import torch

from nemo_voice_serving.model_store.errors import ModelUnsupported
from nemo_voice_serving.nemo.loading import UnusableModel
from nemo_voice_tts.app import build, fetch_voice
from nemo_voice_tts.backends.fastpitch_hifigan.backend import NemoVoice
from nemo_voice_tts.backends.fastpitch_hifigan.fastpitch import FastPitch
from nemo_voice_tts.errors import UnknownPhoneme
from nemo_voice_tts.model_files import fetch
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.synthesis.port import Phrase
from nemo_voice_tts.text.insets import Insets
from nemo_voice_tts.text.phonemes import Pronunciation
from support.http.serving import client_of
from support.models.fakes import FakeNormaliser
from support.models.voice_configs import Pair
from support.models.voice_look_alikes import PAIRS, pair_named, save_pair

SettingsOf = Callable[..., TtsSettings]
LoadedVoice = Callable[[str], NemoVoice]

HIFI_TTS, SPANISH = "tts_en_fastpitch_multispeaker", "tts_es_fastpitch_multispeaker"
LETTERS, GERMAN_LETTERS = "tts_en_fastpitch_letters", "tts_de_fastpitch_thorstens2102"
every_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)


@pytest.fixture(scope="module")
def settings_of(tmp_path_factory: pytest.TempPathFactory) -> SettingsOf:
    """Gives the settings of a pair, with others by their names; the store is shared."""
    folder = tmp_path_factory.mktemp("pairs")

    def settings(pair: Pair, **others: Any) -> TtsSettings:
        voice, vocoder = save_pair(pair, folder)
        named = {"model": voice.as_uri(), "vocoder": vocoder.as_uri(), "device": "cpu"}
        return TtsSettings.model_validate(named | {"model_cache": folder / "cache"} | others)

    return settings


@pytest.fixture(scope="module")
def loaded(settings_of: SettingsOf) -> LoadedVoice:
    """Gives the voice of a pair by its name; each is loaded once."""
    voices: dict[str, Any] = {}

    def voice(name: str) -> NemoVoice:
        if name not in voices:
            voices[name] = fetch_voice(settings_of(pair_named(name)), lambda _: None)()
        found: NemoVoice = voices[name]
        return found

    return voice


@asynccontextmanager
async def serving(settings: TtsSettings) -> AsyncIterator[httpx.AsyncClient]:
    """Yields a client of the service, ready, on these models."""
    async with client_of(build(settings, fetch_voice, FakeNormaliser())) as client:
        yield client


def played(file: bytes) -> tuple[int, float]:
    """Returns the rate of the file's sound and how long it is."""
    with av.open(io.BytesIO(file)) as container:
        frames = list(container.decode(audio=0))
    [rate_hz] = {frame.sample_rate for frame in frames}
    return rate_hz, sum(int(frame.samples) for frame in frames) / rate_hz


def sound_of(voice: NemoVoice, phrase: Phrase) -> Any:
    """Returns the whole sound of one phrase, alone."""
    [made] = voice.spectrograms([phrase])
    return np.concatenate(voice.waveforms(voice.windows(made, first=False)))


@every_pair
async def test_the_pair_is_served(pair: Pair, settings_of: SettingsOf, loaded: LoadedVoice) -> None:
    speaker = pair.speakers - 1
    choice: dict[str, Any] = {"speakers": {"narrator": speaker}} if speaker else {}
    async with serving(settings_of(pair, **choice)) as client:
        body = {"text": pair.text, "voice": "narrator" if speaker else "default", "stream": False}
        response = await client.post("/synthesize", json=body)
        [model] = (await client.get("/v1/models")).json()["data"]

    assert response.status_code == 200, response.text
    assert (model["languages"], model["speakers"]) == ([pair.language], pair.speakers)
    with wave.open(io.BytesIO(response.content)) as file:
        assert file.getframerate() == pair.rate_hz
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    voice = loaded(pair.name)
    tokens = voice.tokens(pair.text.removesuffix(".") + ".")
    expected = sound_of(voice, Phrase(tokens, speaker=speaker))
    assert len(samples) == len(expected)
    assert np.abs(samples - expected).max() < 1e-3
    assert len(samples) % pair.hop == 0


@every_pair
def test_the_voice_says_what_plain_nemo_says(pair: Pair, loaded: LoadedVoice) -> None:
    voice, speaker = loaded(pair.name), pair.speakers // 2
    fastpitch, hifigan = voice._fastpitch.model, voice._hifigan.model
    with torch.inference_mode():
        tokens = fastpitch.parse(pair.text, normalize=False)
        mel = fastpitch.generate_spectrogram(tokens=tokens, speaker=speaker)
        theirs = hifigan.convert_spectrogram_to_audio(spec=mel)[0].numpy()

    assert voice.tokens(pair.text) == tuple(tokens[0].tolist())
    ours = sound_of(voice, Phrase(voice.tokens(pair.text), speaker=speaker))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1e-5
    assert voice.description.speakers == pair.speakers


@pytest.mark.parametrize(
    "name", [HIFI_TTS, SPANISH, "tts_de_fastpitch_multispeaker_5", "tts_en_fastpitch_encoder"]
)
def test_a_batch_of_several_speakers_is_spoken_like_its_members_alone(
    name: str, loaded: LoadedVoice
) -> None:
    voice, pair = loaded(name), pair_named(name)
    texts = [pair.text, "a", pair.text * 4, pair.text]
    speakers = [0, pair.speakers - 1, 92, 93]
    phrases = [
        Phrase(voice.tokens(text), pace, speaker)
        for text, speaker, pace in zip(texts, speakers, (1.0, 0.7, 1.9, 1.0), strict=True)
    ]
    together = voice.spectrograms(phrases)
    alone = [voice.spectrograms([phrase])[0] for phrase in phrases]

    assert [one.frame_count for one in together] == [one.frame_count for one in alone]
    for one, other in zip(together, alone, strict=True):
        assert float((one.frames - other.frames).abs().max()) <= 1e-5
    same_text = [voice.spectrograms([Phrase(phrases[0].tokens, 1.0, n)])[0] for n in (92, 93)]
    counts = {one.frame_count for one in same_text}
    assert len(counts) > 1 or float((same_text[0].frames - same_text[1].frames).abs().max()) > 0.01


@pytest.mark.parametrize("name", [HIFI_TTS, SPANISH, GERMAN_LETTERS])
def test_sound_of_windows_is_that_of_the_whole(name: str, loaded: LoadedVoice) -> None:
    voice = loaded(name)
    options = replace(voice._options, is_windowed=True)
    windowed = NemoVoice(voice._fastpitch, voice._hifigan, voice.description, options)
    phrase = Phrase(voice.tokens(pair_named(name).text * 6), speaker=pair_named(name).speakers - 1)
    [made] = voice.spectrograms([phrase])
    windows = windowed.windows(made, first=True)
    joined = np.concatenate(windowed.waveforms(windows))
    assert len(windows) > 2
    assert np.abs(joined - sound_of(voice, phrase)).max() <= 1e-6


def test_a_long_phrase_keeps_its_speaker_in_every_part(loaded: LoadedVoice) -> None:
    voice = loaded(SPANISH)
    tokens = voice.tokens("hola mundo " * 60)
    assert len(tokens) > voice._options.most_tokens
    made = {speaker: voice.spectrograms([Phrase(tokens, speaker=speaker)])[0] for speaker in (3, 4)}
    ends = [one.frames[:, -40:] for one in made.values()]
    assert float((ends[0] - ends[1]).abs().max()) > 0.01


async def test_every_format_has_the_whole_speech_at_44_100_hz(
    settings_of: SettingsOf, loaded: LoadedVoice
) -> None:
    pair, voice = pair_named(HIFI_TTS), loaded(HIFI_TTS)
    expected_s = len(sound_of(voice, Phrase(voice.tokens(pair.text), speaker=6097))) / 44_100
    rates_hz = {"wav": 44_100, "flac": 44_100, "mp3": 44_100, "aac": 44_100, "opus": 48_000}
    async with serving(settings_of(pair, default_voice="phil-benson")) as client:
        body = {"input": pair.text, "model": "m"}
        files = {
            name: await client.post("/v1/audio/speech", json=body | {"response_format": name})
            for name in (*rates_hz, "pcm")
        }
        form = {"text": (None, pair.text), "sample_rate_hz": (None, "16000")}
        nim = await client.post("/v1/audio/synthesize", files=form)
    for name, rate_hz in rates_hz.items():
        found_hz, found_s = played(files[name].content)
        assert found_hz == rate_hz
        assert found_s == pytest.approx(expected_s, abs=0.15), name
    assert len(files["pcm"].content) / 2 / 24_000 == pytest.approx(expected_s, abs=0.001)
    found_hz, found_s = played(nim.content)
    assert found_hz == 16_000
    assert found_s == pytest.approx(expected_s, abs=0.001)


async def test_voices_of_hifi_tts_have_their_published_names(settings_of: SettingsOf) -> None:
    async with serving(settings_of(pair_named(HIFI_TTS))) as client:
        names = (await client.get("/v1/audio/voices?legacy=true")).json()["voices"]
        spoken = [
            await client.post("/synthesize", json={"text": "Hello.", "voice": name})
            for name in names
        ]
        refused = await client.post("/synthesize", json={"text": "Hello."})
    assert len(names) == 10
    assert {one.status_code for one in spoken} == {200}
    assert len({one.content for one in spoken}) == 10
    assert refused.status_code == 400
    assert "cori-samuel" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (
            {"speakers": {"helen": 174}},
            "names speaker 174 'helen', and it has 174 speakers, 0 to 173",
        ),
        ({"speakers": {"helen": 999_999}}, "names speaker 999999 'helen'"),
        ({"speakers": {"helen": 1}, "default_voice": "maria"}, "DEFAULT_VOICE is 'maria'"),
        ({"default_voice": "174"}, "DEFAULT_VOICE is '174'"),
    ],
)
def test_speakers_that_the_checkpoint_has_not_are_refused_before_it_is_loaded(
    choice: dict[str, Any], words: str, settings_of: SettingsOf
) -> None:
    with pytest.raises(ModelUnsupported, match=words):
        fetch(settings_of(pair_named(SPANISH), **choice))


@pytest.mark.parametrize(
    ("name", "text", "as_said"),
    [
        (LETTERS, "Hello WORLD, café!", "hello world, cafe!"),
        (GERMAN_LETTERS, "Ein Café in Łódź: naïve Größe", "Ein Cafe in ódz: naive Größe"),
        (GERMAN_LETTERS, "Ärger Öl Übel", "Ärger Öl Übel"),
        (SPANISH, "NIÑO y São", "niño y sao"),
    ],
)
def test_letters_are_read_in_either_case_and_without_unknown_accents(
    name: str, text: str, as_said: str, loaded: LoadedVoice
) -> None:
    voice = loaded(name)
    assert voice.tokens(text) == voice.tokens(as_said)


@pytest.mark.parametrize(
    ("name", "text", "unread"),
    [
        (LETTERS, "Hello world, it's fine.", ""),
        (LETTERS, "café № 7 ж", "7ж"),
        (GERMAN_LETTERS, "Größe, Straße; Café", ""),
        (GERMAN_LETTERS, "Łódź 12", "Ł12"),
        ("tts_de_fastpitch_thorstens2210", "Größe ж", "ж"),
        (SPANISH, "niño, ¿qué? pingüino", ""),
        (SPANISH, "ж ß 3", "ж3"),
        ("tts_en_fastpitch", "Hello, world - it's 5", "5"),
        ("tts_en_fastpitch_ipa", "Zorblax café ж", "ж"),
    ],
)
def test_what_the_voice_has_no_symbol_for_is_known(
    name: str, text: str, unread: str, loaded: LoadedVoice
) -> None:
    voice = loaded(name)
    assert voice.unread(text).casefold() == unread.casefold()
    assert voice.tokens(text) == voice.tokens(
        "".join(one for one in text if one not in unread or one.isspace())
    )


@pytest.mark.parametrize("name", [LETTERS, GERMAN_LETTERS])
async def test_phonemes_for_a_voice_that_reads_letters_are_the_clients_error(
    name: str, settings_of: SettingsOf, loaded: LoadedVoice
) -> None:
    with pytest.raises(UnknownPhoneme, match="reads letters"):
        loaded(name).check(Pronunciation("haˈlo"))
    async with serving(settings_of(pair_named(name))) as client:
        listed = {"text": "Hallo Welt.", "pronunciations": {"Welt": "/vɛlt/"}}
        marked = '<speak>Hallo <phoneme alphabet="ipa" ph="vɛlt">Welt</phoneme></speak>'
        said = {"text": "Hallo Welt.", "pronunciations": {"Welt": "Erde"}}
        responses = [
            await client.post("/synthesize", json=body)
            for body in (listed, {"text": marked, "text_format": "ssml"}, said)
        ]
    assert [response.status_code for response in responses] == [400, 400, 200]
    for response in responses[:2]:
        assert "reads letters and takes no phonemes" in response.json()["error"]["message"]


async def test_a_spanish_voice_speaks_spanish_of_every_country(settings_of: SettingsOf) -> None:
    async with serving(settings_of(pair_named(SPANISH), speakers={"lucía": 7})) as client:
        listed = (await client.get("/v1/audio/list_voices")).json()
        form: dict[str, Any] = {"text": (None, "hola"), "voice": (None, "lucía")}
        statuses = {
            tag: (
                await client.post("/v1/audio/synthesize", files=form | {"language": (None, tag)})
            ).status_code
            for tag in ("es", "es-US", "es-MX", "es_ES", "ES", "en", "en-US", "pt-BR")
        }
        absent = await client.post("/v1/audio/synthesize", files=form)
    [(tag, voices)] = listed.items()
    assert (tag.split("-")[0], voices) == ("es", {"voices": ["lucía"]})
    assert [tag for tag, status in statuses.items() if status == 200] == [
        "es",
        "es-US",
        "es-MX",
        "es_ES",
        "ES",
    ]
    assert set(statuses.values()) == {200, 400}
    assert absent.status_code == 200


async def test_a_spanish_voice_takes_spanish_sounds(settings_of: SettingsOf) -> None:
    async with serving(settings_of(pair_named(SPANISH), default_voice="7")) as client:
        bodies = [
            {"text": "hola mundo", "pronunciations": {"mundo": said}}
            for said in ("/ˈniɲo/", "/siˈɣweɲa/", "/ʁɔ̃/")
        ]
        responses = [await client.post("/synthesize", json=body) for body in bodies]
    assert [response.status_code for response in responses] == [200, 200, 400]


def test_words_of_a_dictionary_in_capitals_are_words(loaded: LoadedVoice) -> None:
    voice = loaded("tts_en_fastpitch_ipa")
    insets = Insets()
    said = insets.add(Pronunciation("ˈnæsə"))
    assert voice.tokens("NASA") == voice.tokens(said, insets.pronunciations)
    assert voice.tokens("UFOX") == voice.tokens("U F O X")


def test_capitals_of_other_languages_stay_words(loaded: LoadedVoice) -> None:
    voice = loaded(GERMAN_LETTERS)
    assert len(voice.tokens("ADAC")) == len("ADAC") + 2


def test_a_voice_that_imitates_a_recording_is_refused(loaded: LoadedVoice) -> None:
    network = loaded("tts_en_fastpitch_encoder")._fastpitch.model.fastpitch
    table, network.speaker_encoder.lookup_module = network.speaker_encoder.lookup_module, None
    try:
        with pytest.raises(UnusableModel, match="like a recording"):
            FastPitch(loaded("tts_en_fastpitch_encoder")._fastpitch.model, torch.device("cpu"))
    finally:
        network.speaker_encoder.lookup_module = table
