"""NVIDIA's Canary models behind the port, by look-alikes that write what their prompt asks for."""

from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import torch
from nemo.collections.asr.models import EncDecMultiTaskModel

from nemo_voice_serving.model_kinds.errors import UnsafeConfig
from nemo_voice_serving.model_store.errors import ModelUnsupported
from nemo_voice_serving.nemo.loading import UnusableModel
from nemo_voice_stt.app import build, fetch_recogniser
from nemo_voice_stt.backends.canary.backend import CanaryRecogniser, load_canary
from nemo_voice_stt.backends.canary.decoding import MOST_EXTRA_TOKENS
from nemo_voice_stt.backends.loading import load
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.port import Clip
from support.http.transcribing import clip
from support.http.voice_apps import calling
from support.models import canary
from support.models.demo_models import Samples

FLASH, FIRST, UNIFIED = "nvidia/canary-1b-flash", "nvidia/canary-1b", "nvidia/canary-1b-v2"
COMMON = "nemo.collections.common.tokenizers"
OPTIONS = RecogniserOptions(device="cpu", trailing_silence_s=0.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the look-alikes are built."""
    return tmp_path_factory.mktemp("canary")


@pytest.fixture(scope="module", params=canary.SHAPES)
def name(request: pytest.FixtureRequest) -> str:
    """Each published model's name."""
    return str(request.param)


@pytest.fixture(scope="module")
def recogniser(name: str, folder: Path) -> CanaryRecogniser:
    """Its look-alike, loaded."""
    return loaded(name, folder)


@pytest.fixture(scope="module")
def sounds() -> list[Samples]:
    """Noises of different lengths."""
    noise = np.random.default_rng(7)
    lengths = (20_000, 64_000, 16_001, 160_000)
    return [(0.1 * noise.standard_normal(length)).astype(np.float32) for length in lengths]


def loaded(name: str, folder: Path, **options: Any) -> CanaryRecogniser:
    directory = canary.unpacked(canary.build(name, folder))
    wanted = RecogniserOptions(device="cpu", trailing_silence_s=0.0, **options)
    found = load(directory, name, "test", wanted)
    assert isinstance(found, CanaryRecogniser)
    return found


def test_it_writes_the_languages_that_a_request_names(
    recogniser: CanaryRecogniser, sounds: list[Samples]
) -> None:
    pairs = list(canary.pairs())
    clips = [
        Clip(sounds[place % len(sounds)], language=source, translate_to=target)
        for place, (source, target) in enumerate(pairs)
    ]
    written = [one.text for one in recogniser.recognise(clips)]
    assert written == [canary.text_for(source, target) for source, target in pairs]
    assert [recogniser.recognise([clip])[0].text for clip in clips[:3]] == written[:3]


def test_clip_with_a_language_that_it_lacks_leaves_the_batch_whole(
    recogniser: CanaryRecogniser, sounds: list[Samples]
) -> None:
    strange = [Clip(sounds[0], language="ja"), Clip(sounds[0], language="de", translate_to="fr")]
    written = recogniser.recognise([*strange, Clip(sounds[0], language="es")])
    assert [one.text for one in written] == [canary.SENTENCES[code] for code in ("en", "de", "es")]


def test_it_takes_speech_for_english_unless_it_is_told(
    recogniser: CanaryRecogniser, sounds: list[Samples]
) -> None:
    (heard,) = recogniser.recognise([Clip(sounds[0])])
    assert heard.text == canary.SENTENCES["en"]
    assert recogniser.abilities.default_language == "en"


def test_it_writes_what_plain_nemo_writes(
    name: str, recogniser: CanaryRecogniser, folder: Path, sounds: list[Samples]
) -> None:
    plain = EncDecMultiTaskModel.restore_from(str(canary.build(name, folder)), map_location="cpu")
    has_words = recogniser.abilities.word_times
    for source, target in (("es", "es"), ("de", "en"), ("en", "fr")):
        prompt: dict[str, Any] = {"source_lang": source, "target_lang": target, "pnc": "yes"}
        if plain.prompt_format == "canary":
            prompt["task"] = "asr" if source == target else "ast"
        else:
            prompt["timestamps"] = has_words
        (expected,) = plain.transcribe([sounds[1]], verbose=False, **prompt)
        clip = Clip(sounds[1], language=source, translate_to=target, needs_words=has_words)
        (heard,) = recogniser.recognise([clip])
        assert heard.text == expected.text.strip() == canary.text_for(source, target)
        times = expected.timestamp["word"] if has_words else []
        assert [word.text for word in heard.words] == [time["word"] for time in times]
        for word, time in zip(heard.words, times, strict=True):
            assert word.start_s == pytest.approx(time["start"], abs=0.006)
            assert word.end_s == pytest.approx(time["end"], abs=0.006)


def test_words_have_times_where_the_model_has_them(
    recogniser: CanaryRecogniser, name: str, sounds: list[Samples]
) -> None:
    needed = Clip(sounds[1], language="de", needs_words=True)
    plain, timed = recogniser.recognise([Clip(sounds[1], language="de"), needed])
    assert plain.text == timed.text
    assert plain.words == ()
    assert recogniser.abilities.word_times is (name != FIRST)
    assert " ".join(word.text for word in timed.words) == (timed.text if name != FIRST else "")
    assert all(0 <= word.start_s <= word.end_s <= 4.0 for word in timed.words)


def test_what_the_model_cannot_do_is_said(recogniser: CanaryRecogniser, name: str) -> None:
    able = recogniser.abilities
    assert (able.confidence, able.logprobs, able.hotwords) == (False, False, False)
    assert set(canary.LANGUAGES) <= set(able.told_languages)
    assert set(able.translations) >= {pair for pair in canary.pairs() if pair[0] != pair[1]}
    assert all("en" in pair for pair in able.translations)
    assert recogniser.description.languages == able.told_languages
    assert recogniser.description.translations == able.translations
    weights = sum(one.numel() for one in recogniser._stages.model.parameters())
    assert (recogniser.description.parameters > weights) is (name == UNIFIED)
    # Its tokenizer has words of languages that it was never taught.
    assert "ja" not in able.told_languages


def test_silence_says_nothing(recogniser: CanaryRecogniser) -> None:
    (heard,) = recogniser.recognise([Clip(np.zeros(32_000, np.float32), needs_words=True)])
    assert (heard.text, heard.words) == ("", ())


def test_it_stays_in_evaluation_mode(recogniser: CanaryRecogniser, sounds: list[Samples]) -> None:
    recogniser.warm_up(lambda _: None)
    recogniser.recognise([Clip(sound, needs_words=True) for sound in sounds])
    # Of other modules NeMo shares one instance between models.
    differ = (torch.nn.Dropout, torch.nn.BatchNorm1d)
    modules = [one for one in recogniser._stages.model.modules() if isinstance(one, differ)]
    assert len(modules) > 10
    assert not any(module.training for module in modules)
    assert not any(weight.requires_grad for weight in recogniser._stages.model.parameters())


@pytest.mark.parametrize(
    ("languages", "default", "told"),
    [
        (("es",), "es", ("es",)),
        (("fr", "en"), "fr", ("fr", "en")),
        (("en",), "en", ("en",)),
        ((), "en", ("en", "de", "es", "fr")),
    ],
)
def test_the_first_language_of_the_settings_is_what_it_takes_speech_for(
    folder: Path, languages: tuple[str, ...], default: str, told: tuple[str, ...]
) -> None:
    able = loaded(FLASH, folder, languages=languages).abilities
    assert (able.default_language, able.told_languages) == (default, told)
    assert {source for source, _ in able.translations} == set(told)
    assert all("en" in pair for pair in able.translations)


def test_languages_that_it_never_learnt_are_refused(folder: Path) -> None:
    lacking = [(("ja",), "ja"), (("en", "pl"), "pl"), (("it", "de", "ja"), "it, ja")]
    for languages, named in lacking:
        with pytest.raises(
            UnusableModel, match=rf"with {named}, .* understands English \(en\), Ge"
        ):
            loaded(FLASH, folder, languages=languages)


@pytest.fixture(scope="module")
def talkative(folder: Path) -> Path:
    """A Flash model that never ends a transcript, and allows itself a million tokens."""
    endless = canary.endless(canary.build(FLASH, folder), folder / "endless.nemo")
    settings = {"decoding.beam.max_generation_delta": 10**6}
    return canary.unpacked(canary.changed(endless, folder / "talkative.nemo", settings))


def test_model_that_never_ends_is_bounded_by_its_audio(
    talkative: Path, sounds: list[Samples]
) -> None:
    found = load_canary(talkative, "x", "test", OPTIONS)
    for needs_words in (False, True):
        clips = [Clip(sound, needs_words=needs_words) for sound in sounds]
        alone = [found.recognise([clip])[0] for clip in clips]
        together = found.recognise(clips)
        assert [one.text for one in together] == [one.text for one in alone]
        assert all(word.end_s <= 1.25 for word in together[0].words)
    stages = found._stages
    frames = [len(sound) / 16_000 / stages.frame_s for sound in sounds]
    wanted = [found._wanted(clip) for clip in clips]
    written = stages.decode(sounds, [len(sound) for sound in sounds], wanted)
    for numbers, count in zip(written, frames, strict=True):
        assert count < len(numbers) < 2 * count + MOST_EXTRA_TOKENS + 2


def test_settings_of_decoding_load_no_file(folder: Path, tmp_path: Path) -> None:
    strange = canary.changed(
        canary.build(FLASH, folder),
        tmp_path / "strange.nemo",
        {
            "decoding.beam.ngram_lm_model": "language_model.arpa",
            "decoding.beam.boosting_tree.model_path": "phrases.txt",
            "train_ds.manifest_filepath": "/etc/passwd",
        },
    )
    found = load_canary(canary.unpacked(strange), "x", "test", OPTIONS)
    (heard,) = found.recognise([Clip(np.ones(20_000, np.float32) * 0.1, language="fr")])
    assert heard.text == canary.SENTENCES["fr"]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"prompt_format": "t5nmt"}, ModelUnsupported, "without Canary's prompts"),
        ({"tokenizer.type": "wpe"}, ModelUnsupported, "without a SentencePiece tokenizer"),
        ({"preprocessor._target_": "os.system"}, UnsafeConfig, "os.system"),
        ({"decoding.beam.ngram_lm_model": "/etc/passwd"}, UnsafeConfig, "outside its archive"),
        ({"decoding.beam.max_generation_delta": 10**9}, UnsafeConfig, "max_generation_delta"),
        (
            {"tokenizer.custom_tokenizer._target_": f"{COMMON}.AutoTokenizer"},
            UnusableModel,
            "not Canary's",
        ),
        ({"transf_decoder.config_dict.max_sequence_length": 20}, RuntimeError, "size mismatch"),
        ({"encoder.semantic_codec_path": "evil/codec"}, UnsafeConfig, "evil/codec"),
    ],
)
def test_hostile_or_foreign_configuration_is_refused(
    folder: Path, tmp_path: Path, change: dict[str, Any], error: type[Exception], words: str
) -> None:
    strange = canary.changed(canary.build(FLASH, folder), tmp_path / "strange.nemo", change)
    with pytest.raises(Exception, match=words) as refused:
        load(canary.unpacked(strange), "x", "test", OPTIONS)
    assert isinstance(refused.value, error) or isinstance(refused.value.__cause__, error)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"preprocessor._target_": "os.system"}, "os.system"),
        ({"target": "evil.models.EncDecCTCModelBPE"}, "not NeMo's"),
        ({"target": "nemo.collections.asr.models.rnnt_bpe_models.EncDecRNNTBPEModel"}, "aligner"),
    ],
)
def test_hostile_aligner_in_the_archive_is_refused(
    folder: Path, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    strange = canary.changed(
        canary.build(UNIFIED, folder),
        tmp_path / "strange.nemo",
        change,
        member="timestamps_asr_model_config.yaml",
    )
    with pytest.raises((UnsafeConfig, UnusableModel), match=words):
        load_canary(canary.unpacked(strange), UNIFIED, "test", OPTIONS)


def test_text_that_does_not_fit_its_audio_keeps_its_words(folder: Path) -> None:
    found = loaded(UNIFIED, folder)
    assert found._aligner is not None
    short = np.full(1_600, 0.1, np.float32)
    (spans,) = found._aligner.spans([short], [1_600], ["Good morning, how are you today?"])
    assert [span.text for span in spans] == ["Good", "morning,", "how", "are", "you", "today?"]
    assert {(span.start_s, span.end_s) for span in spans} == {(None, None)}


def test_half_precision_of_the_encoder_writes_the_same(folder: Path, sounds: list[Samples]) -> None:
    found = loaded(UNIFIED, folder, precision="bfloat16")
    clips = [Clip(sound, language="es", needs_words=True) for sound in sounds[:2]]
    assert [one.text for one in found.recognise(clips)] == [canary.SENTENCES["es"]] * 2
    decoder = found._stages.model.transf_decoder
    assert {weight.dtype for weight in decoder.parameters()} == {torch.float32}


@pytest.mark.parametrize("name", [FIRST, FLASH, UNIFIED])
async def test_it_is_fetched_loaded_and_served(name: str, folder: Path, tmp_path: Path) -> None:
    archive = canary.build(name, folder)
    settings = SttSettings(model=f"file://{archive}", model_cache=tmp_path / "cache", device="cpu")
    async with calling(build(settings, fetch_recogniser)) as client:
        (listed,) = (await client.get("/v1/models")).json()["data"]
        heard = await sent(client, "transcriptions", language="es-MX")
        written = await sent(client, "translations", language="Spanish")
        timed = await sent(client, "translations", to_language="de", response_format="vtt")
        verbose = await sent(client, "transcriptions", response_format="verbose_json")
        boosted = await sent(client, "transcriptions", **{"keywords[]": "Grafana"})
        unnamed = await sent(client, "translations")
    assert (listed["kind"], listed["architecture"]) == ("Canary", "EncDecMultiTaskModel")
    assert listed["translations"]["de"] == ["en"]
    assert heard.json()["text"] == canary.text_for("es", "es")
    assert written.json()["text"] == canary.text_for("es", "en")
    segments = " ".join(one["text"] for one in verbose.json()["segments"])
    assert (verbose.json()["language"], segments) == ("english", canary.SENTENCES["en"])
    if name == FIRST:
        assert "no times of words" in timed.json()["error"]["message"]
    else:
        assert timed.text.startswith("WEBVTT")
        assert "Guten Morgen" in timed.text
    assert [boosted.status_code, unnamed.status_code] == [400, 400]


async def test_setting_of_one_language_makes_it_the_default(folder: Path, tmp_path: Path) -> None:
    archive = canary.build(FLASH, folder)
    settings = SttSettings(
        model=f"file://{archive}", model_cache=tmp_path / "cache", device="cpu", languages="es,en"
    )
    async with calling(build(settings, fetch_recogniser)) as client:
        (listed,) = (await client.get("/v1/models")).json()["data"]
        heard = await sent(client, "transcriptions", response_format="verbose_json")
        written = await sent(client, "translations")
        german = await sent(client, "transcriptions", language="de")
    assert listed["languages"] == ["es", "en"]
    assert (heard.json()["language"], heard.json()["text"]) == ("spanish", canary.SENTENCES["es"])
    assert written.json()["text"] == canary.text_for("es", "en")
    assert "It understands Spanish (es), English (en)." in german.json()["error"]["message"]


async def sent(client: httpx.AsyncClient, route: str, **fields: Any) -> httpx.Response:
    files = {"file": ("a.wav", clip(2.0))}
    return await client.post(f"/v1/audio/{route}", files=files, data=fields, timeout=60)
