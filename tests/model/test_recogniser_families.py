"""Each family of recognisers writes what NeMo's own greedy search writes, whatever the batch."""

import shutil
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from nemo.collections.asr.models import ASRModel

from nemo_voice_serving.model_store.errors import ModelUnsupported
from nemo_voice_serving.nemo.loading import UnusableModel
from nemo_voice_stt.backends.decoder_choice import DecoderChoice
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.backend import (
    NemoRecogniser,
    load_recogniser,
)
from nemo_voice_stt.backends.transducer_ctc.transducer import TransducerDecoder
from nemo_voice_stt.transcription.port import Clip, Recognition
from nemo_voice_stt.transcription.writing import joined
from support.models.demo_models import Samples
from support.models.recognisers import MADE, PROMPTS, SIGNALS, Config, saved, unpacked

RATE_HZ = 16_000
HYBRIDS = [
    "parakeet-tdt_ctc",
    "multilingual",
    "hybrid-characters",
    "streaming-multi",
    "hybrid-prompted",
]
DECODERS = [*((name, "auto") for name in MADE), *((name, "ctc") for name in HYBRIDS)]

Load = Callable[..., NemoRecogniser]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the look-alikes lie."""
    return tmp_path_factory.mktemp("recognisers")


@pytest.fixture(scope="module")
def load(folder: Path) -> Load:
    """Loads a look-alike, each once."""

    @cache
    def loaded(name: str, decoder: str = "auto", **options: Any) -> NemoRecogniser:
        directory = unpacked(saved(name, folder))
        wanted = RecogniserOptions(
            device="cpu", decoder=DecoderChoice(decoder), trailing_silence_s=0.0, **options
        )
        return load_recogniser(directory, name, "test", wanted)

    return loaded


@pytest.fixture(scope="module")
def sounds() -> list[Samples]:
    """Bursts of noise of different lengths: a look-alike writes something else for each."""
    random = np.random.default_rng(0)
    return [
        (random.standard_normal(length) * np.repeat(random.uniform(0, 0.5, length // 800), 800))
        .astype(np.float32)
        .clip(-1, 1)
        for length in (2 * RATE_HZ, 4 * RATE_HZ, 3 * RATE_HZ)
    ]


def nemos(path: Path, sound: Samples, decoder: str, language: str | None) -> list[int]:
    """Returns the tokens that NeMo itself decodes, without those that are no words."""
    model = plainly(path)
    signal, length = torch.tensor(sound).unsqueeze(0), torch.tensor([len(sound)])
    with torch.inference_mode():
        if getattr(model, "concat", False):
            prompt = torch.tensor([PROMPTS[language or "auto"]])
            frames, lengths = model.forward(
                input_signal=signal, input_signal_length=length, prompt_indices=prompt
            )
        else:
            frames, lengths = model.forward(input_signal=signal, input_signal_length=length)[:2]
        if decoder == "ctc" or not hasattr(model, "joint"):
            layer = getattr(model, "ctc_decoder", None)
            decoding = model.decoding if layer is None else model.ctc_decoding
            logprobs = frames if layer is None else layer(encoder_output=frames)
            # The search alone: NeMo cannot spell the tokens of an aggregate tokenizer.
            ((one,),) = decoding.decoding(decoder_output=logprobs, decoder_lengths=lengths)
            frames_said = one.y_sequence.tolist()
            numbers = [
                now
                for before, now in pairwise([decoding.blank_id, *frames_said])
                if now not in {before, decoding.blank_id}
            ]
        else:
            (one,) = model.decoding.rnnt_decoder_predictions_tensor(
                frames, lengths, return_hypotheses=True
            )
            numbers = [int(number) for number in one.y_sequence]
    if getattr(model, "tokenizer", None) is None:
        return numbers
    hidden = set(SIGNALS)
    return [n for n in numbers if model.tokenizer.ids_to_tokens([n])[0] not in hidden]


@cache
def plainly(path: Path) -> Any:
    model = ASRModel.restore_from(str(path), map_location="cpu").eval()
    featurizer = model.preprocessor.featurizer
    featurizer.dither, featurizer.pad_to = 0.0, 0
    sizes = getattr(model.encoder, "att_context_size_all", [])
    if [70, 13] in sizes:
        model.encoder.set_default_att_context_size([70, 13])
    return model


def numbers_of(recognition: Recognition) -> list[int]:
    return [token.number for word in recognition.words for token in word.tokens]


@pytest.mark.parametrize(("name", "decoder"), DECODERS)
def test_what_is_heard_is_what_nemo_decodes(
    load: Load, folder: Path, sounds: list[Samples], name: str, decoder: str
) -> None:
    recogniser = load(name, decoder)
    alone = [recogniser.recognise([Clip(sound)])[0] for sound in sounds]
    for sound, recognition in zip(sounds, alone, strict=True):
        assert numbers_of(recognition) == nemos(saved(name, folder), sound, decoder, None)
    assert len({recognition.text for recognition in alone}) > 1


@pytest.mark.parametrize(("name", "decoder"), DECODERS)
def test_what_is_heard_does_not_depend_on_the_batch(
    load: Load, sounds: list[Samples], name: str, decoder: str
) -> None:
    recogniser = load(name, decoder)
    together = recogniser.recognise([Clip(sound) for sound in sounds])
    for sound, one in zip(sounds, together, strict=True):
        (alone,) = recogniser.recognise([Clip(sound)])
        assert [(word.text, word.start_s, word.end_s) for word in one.words] == [
            (word.text, word.start_s, word.end_s) for word in alone.words
        ]
        for word, same in zip(one.words, alone.words, strict=True):
            assert word.confidence == pytest.approx(same.confidence, abs=5e-3)
            chances = [token.logprob for token in same.tokens]
            assert [token.logprob for token in word.tokens] == pytest.approx(chances, abs=5e-3)


@pytest.mark.parametrize(("name", "decoder"), DECODERS)
def test_words_are_within_the_audio_and_spell_the_text(
    load: Load, sounds: list[Samples], name: str, decoder: str
) -> None:
    recogniser = load(name, decoder)
    for sound, recognition in zip(
        sounds, recogniser.recognise([Clip(sound) for sound in sounds]), strict=True
    ):
        times_s = [time for word in recognition.words for time in (word.start_s, word.end_s)]
        assert all(before <= after for before, after in pairwise([0.0, *times_s]))
        assert times_s[-1] <= len(sound) / RATE_HZ
        assert joined(recognition.words) == recognition.text
        assert all(0 <= (word.confidence or 0) <= 1 for word in recognition.words)
        assert all(token.logprob <= 0 for word in recognition.words for token in word.tokens)


@pytest.mark.parametrize("name", ["nemotron-prompted", "hybrid-prompted"])
def test_each_clip_of_a_batch_is_heard_in_its_own_language(
    load: Load, folder: Path, sounds: list[Samples], name: str
) -> None:
    recogniser = load(name)
    languages = ["es-US", None, "de-DE", "ja-JP"]
    batch = [Clip(sounds[1], language=language) for language in languages]
    heard = recogniser.recognise(batch)
    for language, recognition in zip(languages, heard, strict=True):
        expected = nemos(saved(name, folder), sounds[1], "auto", language)
        assert numbers_of(recognition) == expected
    assert len({recognition.text for recognition in heard}) > 1


def test_a_prompted_model_can_be_told_a_language_with_or_without_its_region(
    load: Load, sounds: list[Samples]
) -> None:
    recogniser = load("nemotron-prompted")
    told = recogniser.abilities.told_languages
    assert set(told) == {*PROMPTS, "en", "es", "de", "ja"} - {"auto"}
    regional, bare = recogniser.recognise(
        [Clip(sounds[0], language="es-ES"), Clip(sounds[0], language="es")]
    )
    assert regional.text == bare.text
    assert load("parakeet-tdt").abilities.told_languages == ()
    assert recogniser.description.kind == "prompted transducer"
    assert recogniser.description.languages == (
        "en-US",
        "en-GB",
        "es-ES",
        "es-US",
        "de-DE",
        "ja-JP",
    )


def test_a_language_that_a_prompted_model_lacks_does_not_fail_the_batch(
    load: Load, sounds: list[Samples]
) -> None:
    recogniser = load("nemotron-prompted")
    lacking, untold = recogniser.recognise([Clip(sounds[0], language="xx"), Clip(sounds[0])])
    assert lacking.text == untold.text


def test_a_prompted_model_that_cannot_find_the_language_out_needs_one_to_assume(
    load: Load, tmp_path: Path, sounds: list[Samples]
) -> None:
    def without_auto(config: Config) -> None:
        del config["model_defaults"]["prompt_dictionary"]["auto"]

    directory = unpacked(saved("hybrid-prompted", tmp_path, change=without_auto))
    with pytest.raises(UnusableModel, match=r"no prompt 'auto'.* Set NEMO_VOICE_LANGUAGES"):
        load_recogniser(directory, "acme/told", "test", RecogniserOptions(device="cpu"))
    assuming = load_recogniser(
        directory, "acme/told", "test", RecogniserOptions(device="cpu", languages=("de", "en"))
    )
    assert assuming.abilities.default_language == "de"
    assert load("nemotron-prompted").abilities.default_language is None
    untold, german = assuming.recognise([Clip(sounds[0]), Clip(sounds[0], language="de-DE")])
    assert untold.text == german.text


def test_a_prompted_model_takes_speech_for_the_only_language_of_the_settings(
    load: Load, sounds: list[Samples]
) -> None:
    spanish = load("nemotron-prompted", languages=("es",))
    untold, told = spanish.recognise([Clip(sounds[0]), Clip(sounds[0], language="es-ES")])
    assert untold.text == told.text
    assert spanish.abilities.default_language == "es"
    assert load("nemotron-prompted", languages=("es", "de")).abilities.default_language is None


def test_a_prompted_model_is_not_loaded_for_languages_that_it_lacks(load: Load) -> None:
    with pytest.raises(UnusableModel, match=r"with fr, which .* English \(en\), Spanish \(es\)"):
        load("nemotron-prompted", languages=("es", "fr"))


@pytest.mark.parametrize("name", ["parakeet-eou", "hybrid-eou"])
def test_ends_of_utterances_are_no_words(load: Load, sounds: list[Samples], name: str) -> None:
    recogniser = load(name, "auto", minimum_s=1.01)  # another one, which is changed below
    stages = recogniser._stages
    before = recogniser.recognise([Clip(sounds[0])])[0]
    numbers = [stages.vocabulary.pieces.index(signal) for signal in SIGNALS]
    assert stages.vocabulary.signals == set(numbers)
    with torch.no_grad():
        stages.model.joint.joint_net[-1].bias[numbers] += 20.0
    assert isinstance(stages.decoder, TransducerDecoder)
    assert stages.decoder.native is not None
    del stages.decoder.native  # it has its own copy of the numbers
    after = recogniser.recognise([Clip(sounds[0])])[0]
    assert before.text
    assert (after.text, after.words) == ("", ())


def test_older_archives_without_the_list_of_tokens_are_loaded(
    folder: Path, sounds: list[Samples], load: Load
) -> None:
    whole = unpacked(saved("parakeet-rnnt", folder))
    older = shutil.copytree(whole, folder / "older")
    (listed,) = older.glob("*_tokenizer.vocab")
    listed.unlink()
    options = RecogniserOptions(device="cpu", trailing_silence_s=0.0)
    found = load_recogniser(older, "x", "test", options)
    clip = Clip(sounds[0])
    assert numbers_of(found.recognise([clip])[0]) == numbers_of(
        load("parakeet-rnnt").recognise([clip])[0]
    )
    next(older.glob("*_tokenizer.model")).unlink()
    with pytest.raises(UnusableModel, match=r"holds no .*tokenizer\.model, which tokenizer"):
        load_recogniser(older, "x", "test", options)


def test_a_live_encoder_looks_as_far_ahead_as_it_was_trained_for(load: Load) -> None:
    for name in ("streaming-multi", "nemotron-streaming", "nemotron-prompted"):
        assert load(name)._stages.model.encoder.att_context_size == [70, 13]
    assert load("parakeet-unified")._stages.model.encoder.att_context_size == [-1, -1, -1]
    assert load("parakeet-tdt")._stages.model.encoder.att_context_size == [-1, -1]


@pytest.mark.parametrize("name", ["parakeet-tdt_ctc", "hybrid-prompted"])
def test_the_head_that_is_not_used_is_not_kept(load: Load, name: str) -> None:
    transducer, ctc = load(name), load(name, "ctc")
    kept = {key.partition(".")[0] for key, _ in transducer._stages.model.named_parameters()}
    assert {"encoder", "decoder", "joint"} <= kept
    assert "ctc_decoder" not in kept
    kept = {key.partition(".")[0] for key, _ in ctc._stages.model.named_parameters()}
    assert {"encoder", "ctc_decoder"} <= kept
    assert not {"decoder", "joint"} & kept
    parameters = sum(weight.numel() for weight in ctc._stages.model.parameters())
    assert ctc.description.parameters == parameters


@pytest.mark.parametrize(
    ("name", "decoder", "words"),
    [
        ("parakeet-tdt", "ctc", "no CTC decoder, which NEMO_VOICE_DECODER asks for: it has TDT"),
        ("parakeet-ctc", "transducer", "no transducer decoder, .* it has CTC alone"),
    ],
)
def test_a_decoder_that_the_checkpoint_lacks_is_refused(
    load: Load, name: str, decoder: str, words: str
) -> None:
    with pytest.raises(ModelUnsupported, match=words):
        load(name, decoder)


@pytest.mark.parametrize(("name", "decoder"), DECODERS)
def test_hotwords_of_one_clip_leave_the_others_as_they_are(
    load: Load,
    sounds: list[Samples],
    name: str,
    decoder: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    recogniser = load(name, decoder)
    hotwords = ("the quick fox", "hello")
    plain = recogniser.recognise([Clip(sound) for sound in sounds])
    boosted = recogniser.recognise([Clip(sound, hotwords) for sound in sounds])
    mixed = recogniser.recognise(
        [Clip(sounds[0]), Clip(sounds[1], hotwords), Clip(sounds[2], ("lazy",))]
    )
    assert recogniser.abilities.hotwords == (name != "multilingual")
    assert ("hotwords are not used" in caplog.text) == (name == "multilingual")
    assert [mixed[0].text, mixed[1].text] == [plain[0].text, boosted[1].text]


@pytest.mark.parametrize("name", MADE)
def test_the_warm_up_runs(load: Load, name: str) -> None:
    steps: list[str] = []
    recogniser = load(name, "auto", longest_s=2.0, bucket_edges=())
    recogniser.warm_up(steps.append)
    assert steps == ["1 x 2 s"]
