"""The voice on NeMo: equal to plain NeMo, whatever the batch, the windows and the past."""

import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from nemo.collections.tts.models import FastPitchModel, HifiGanModel
from omegaconf import OmegaConf

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.errors import BackendFailed
from nemo_voice_serving.model_store.errors import ModelUnsupported
from nemo_voice_serving.nemo.loading import UnusableModel, state_digest
from nemo_voice_tts.backends.fastpitch_hifigan.backend import (
    NemoVoice,
    VoiceOptions,
    load_voice,
    warm_up_shapes,
)
from nemo_voice_tts.backends.fastpitch_hifigan.fastpitch import load_fastpitch
from nemo_voice_tts.backends.fastpitch_hifigan.hifigan import load_hifigan
from nemo_voice_tts.backends.fastpitch_hifigan.padding_masks import mask_between_convolutions
from nemo_voice_tts.errors import UnknownPhoneme, UnspeakableText
from nemo_voice_tts.synthesis.port import Phrase
from nemo_voice_tts.text.grammars import build_grammars, default_grammars
from nemo_voice_tts.text.insets import Insets
from nemo_voice_tts.text.normaliser import Normaliser
from nemo_voice_tts.text.phonemes import Alphabet, Pronunciation
from support.models.demo_models import plainly_restored

DemoDirectory = Callable[[str], Path]

TEXTS = [
    "Hello there.",
    "The quick brown fox jumps over the lazy dog, and then it sleeps for a long while.",
    "Where does the road to the old harbour go?",
    "A zorblax grumbled.",
    "No.",
]


@pytest.fixture(scope="module")
def windowed(voice: NemoVoice) -> NemoVoice:
    """The same loaded voice with the vocoder's windows that a GPU uses."""
    return _with_options(voice, is_windowed=True)


@pytest.fixture(scope="module")
def plain() -> tuple[Any, Any]:
    """The demo models as NeMo itself restores them, but for a normaliser that builds a minute."""
    fastpitch = plainly_restored(FastPitchModel, "fastpitch")
    hifigan = plainly_restored(HifiGanModel, "hifigan")
    return fastpitch.eval(), hifigan.eval()


def _with_options(voice: NemoVoice, **changes: Any) -> NemoVoice:
    options = replace(voice._options, **changes)
    return NemoVoice(voice._fastpitch, voice._hifigan, voice.description, options)


def _phrases(voice: NemoVoice, texts: list[str]) -> list[Phrase]:
    return [Phrase(voice.tokens(text)) for text in texts]


def _spoken(voice: NemoVoice, phrases: list[Phrase], *, first: bool = False) -> list[Samples]:
    windows = [voice.windows(made, first=first) for made in voice.spectrograms(phrases)]
    return [np.concatenate(voice.waveforms(needed)) for needed in windows]


def test_speech_is_what_plain_nemo_says(voice: NemoVoice, plain: tuple[Any, Any]) -> None:
    fastpitch, hifigan = plain
    for text, ours in zip(TEXTS, _spoken(voice, _phrases(voice, TEXTS)), strict=True):
        with torch.inference_mode():
            tokens = fastpitch.parse(text, normalize=False)
            spectrogram = fastpitch.generate_spectrogram(tokens=tokens)
            theirs = hifigan.convert_spectrogram_to_audio(spec=spectrogram)[0].numpy()
        assert voice.tokens(text) == tuple(tokens[0].tolist())
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() <= 1e-5


def test_a_batch_is_spoken_like_its_members_alone(voice: NemoVoice) -> None:
    paces = (1.0, 0.7, 1.9, 1.0, 1.3)
    phrases = [
        replace(phrase, pace=pace)
        for phrase, pace in zip(_phrases(voice, TEXTS), paces, strict=True)
    ]
    together = _spoken(voice, phrases)
    alone = [_spoken(voice, [phrase])[0] for phrase in phrases]

    assert [len(sound) for sound in together] == [len(sound) for sound in alone]
    for one, other in zip(together, alone, strict=True):
        assert np.abs(one - other).max() <= 1e-5


def test_stock_nemo_changes_lengths_in_a_batch_or_the_mask_would_not_be_needed(
    voice: NemoVoice, plain: tuple[Any, Any]
) -> None:
    rows = [list(phrase.tokens) for phrase in _phrases(voice, TEXTS)]
    padding = plain[0].vocab.pad
    longest = max(map(len, rows))
    padded = torch.tensor([row + [padding] * (longest - len(row)) for row in rows])
    with torch.inference_mode():
        mels, lengths, *_ = plain[0](text=padded, durs=None, pitch=None)
    ours = voice.spectrograms(_phrases(voice, TEXTS))
    differences = [
        float((mel[:, : made.frame_count] - made.frames).abs().max())
        for mel, made in zip(mels, ours, strict=True)
        if mel.shape[1] >= made.frame_count
    ]
    assert lengths.tolist() != [made.frame_count for made in ours] or max(differences) > 1e-4


@pytest.mark.parametrize("first", [True, False])
def test_sound_of_windows_is_that_of_the_whole(
    voice: NemoVoice, windowed: NemoVoice, *, first: bool
) -> None:
    phrases = _phrases(voice, TEXTS)
    wholes = _spoken(voice, phrases)
    joined = _spoken(windowed, phrases, first=first)

    assert [len(sound) for sound in joined] == [len(sound) for sound in wholes]
    for one, other in zip(joined, wholes, strict=True):
        assert np.abs(one - other).max() <= 1e-6


def test_windows_of_several_phrases_share_a_batch(windowed: NemoVoice) -> None:
    made = windowed.spectrograms(_phrases(windowed, TEXTS))
    windows = [window for one in made for window in windowed.windows(one, first=True)]
    together = windowed.waveforms(windows)

    assert windowed.vocoder_items > 1
    for window, sound in zip(windows, together, strict=True):
        assert sound.dtype == np.float32
        assert len(sound) == 256 * (window.keep_end - window.keep_start)
        assert np.abs(sound - windowed.waveforms([window])[0]).max() <= 1e-5


def test_on_a_cpu_a_phrase_is_one_window_and_runs_alone(voice: NemoVoice) -> None:
    made = voice.spectrograms(_phrases(voice, [TEXTS[0], TEXTS[4]]))

    assert [len(voice.windows(one, first=False)) for one in made] == [1, 1]
    assert voice.vocoder_items == 1


def test_a_long_phrase_runs_in_parts_and_sounds_as_plain_nemo_makes_it_whole(
    voice: NemoVoice, plain: tuple[Any, Any]
) -> None:
    (made,) = voice.spectrograms([Phrase(voice.tokens(TEXTS[1]), pace=0.25)])
    windows = voice.windows(made, first=False)
    with torch.inference_mode():
        theirs = plain[1].convert_spectrogram_to_audio(spec=made.frames[None])[0].numpy()
    ours = np.concatenate(voice.waveforms(windows))

    assert len(windows) > 1
    assert max(window.frame_count for window in windows) <= 512
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1e-5


def test_sound_stays_in_range_and_at_the_models_rate(voice: NemoVoice) -> None:
    (sound,) = _spoken(voice, _phrases(voice, TEXTS[1:2]))

    assert voice.description.sample_rate_hz == 22_050
    assert 2.0 < len(sound) / voice.description.sample_rate_hz < 12.0
    assert np.isfinite(sound).all()
    assert 0.01 < np.abs(sound).max() <= 1.0


def test_pace_of_two_takes_half_the_time(voice: NemoVoice) -> None:
    tokens = voice.tokens(TEXTS[1])
    slow, normal, fast = voice.spectrograms([Phrase(tokens, pace) for pace in (0.5, 1.0, 2.0)])

    assert slow.frame_count == pytest.approx(2 * normal.frame_count, rel=0.05)
    assert fast.frame_count == pytest.approx(normal.frame_count / 2, rel=0.15)


def test_a_thousand_requests_leave_the_models_as_they_were(voice: NemoVoice) -> None:
    models = [voice._fastpitch.model, voice._hifigan.model]
    before = [state_digest(model) for model in models]
    phrases = _phrases(voice, ["Ah.", "Oh no."])
    reference = _spoken(voice, phrases)
    for _ in range(63):
        spectrograms = voice.spectrograms(phrases * 8)
        for made in spectrograms[:2]:  # the vocoder, which costs most, speaks some of them
            voice.waveforms(voice.windows(made, first=False))

    assert [state_digest(model) for model in models] == before
    assert not any(module.training for model in models for module in model.modules())
    assert not any(weight.requires_grad for model in models for weight in model.parameters())
    for one, other in zip(_spoken(voice, phrases), reference, strict=True):
        assert np.array_equal(one, other)


@pytest.fixture
def _switching_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_switching_often")
def test_tokens_from_several_threads_agree(voice: NemoVoice) -> None:
    expected = [voice.tokens(text) for text in TEXTS]
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(lambda _: [voice.tokens(text) for text in TEXTS], range(200)):
            assert found == expected


def test_model_that_mixes_letters_and_phonemes_in_training_does_not_when_speaking(
    demo_directory: DemoDirectory, tmp_path: Path, voice: NemoVoice
) -> None:
    shutil.copytree(demo_directory("fastpitch"), tmp_path / "model")
    path = tmp_path / "model" / "model_config.yaml"
    config = OmegaConf.load(path)
    config.text_tokenizer.g2p.phoneme_probability = 0.5
    config.text_normalizer = {"_target_": "no.such.Normaliser"}
    OmegaConf.save(config, path)
    mixed = load_fastpitch(tmp_path / "model", torch.device("cpu"))

    assert {mixed.tokens(TEXTS[1]) for _ in range(20)} == {voice.tokens(TEXTS[1])}


@pytest.mark.parametrize("text", ["", "  ", "...", "?! -", "😀", "你好"])
def test_text_without_anything_sounded_is_refused(voice: NemoVoice, text: str) -> None:
    with pytest.raises(UnspeakableText):
        voice.tokens(text)


def test_unknown_symbols_are_left_out_without_a_flood_of_log_lines(
    voice: NemoVoice, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert voice.tokens("Hello ☃☃☃ there.") == voice.tokens("Hello there.")
    assert caplog.records == []


def test_initials_are_spoken_as_letters(voice: NemoVoice) -> None:
    assert voice.tokens("at seven PM") == voice.tokens("at seven P M")


async def test_digits_money_and_dates_are_spoken(voice: NemoVoice) -> None:
    build_grammars(default_grammars())
    normaliser = Normaliser(default_grammars())
    await normaliser.start()
    try:
        for written, spoken in (
            ("It costs $5.50.", "It costs five dollars fifty cents."),
            ("On Jan. 3rd 2024.", "On January third twenty twenty four."),
            ("Dr. Smith, 10:30 a.m.", "Doctor Smith, ten thirty ay M."),
        ):
            assert voice.tokens(await normaliser.normalise(written)) == voice.tokens(spoken)
    finally:
        await normaliser.close()


def test_overlong_phrase_is_spoken_in_parts(voice: NemoVoice) -> None:
    phrase = Phrase(voice.tokens(" ".join(TEXTS[1:2] * 4)))
    whole = voice.spectrograms([phrase])[0].frame_count
    in_parts = _with_options(voice, most_tokens=100).spectrograms([phrase, phrase])
    slowly = _with_options(voice, most_tokens=200).spectrograms([replace(phrase, pace=0.5)])
    unbroken = _with_options(voice, most_tokens=40).spectrograms([Phrase(phrase.tokens[1:2] * 90)])

    assert len(phrase.tokens) > 200
    assert [made.frame_count for made in in_parts] == [pytest.approx(whole, rel=0.2)] * 2
    assert slowly[0].frame_count == pytest.approx(2 * whole, rel=0.2)
    assert unbroken[0].frame_count > 0


def test_batch_of_many_tokens_is_run_in_several(voice: NemoVoice) -> None:
    phrases = _phrases(voice, TEXTS)
    made = _with_options(voice, max_batch_tokens=100).spectrograms(phrases)
    expected = voice.spectrograms(phrases)

    assert [one.frame_count for one in made] == [one.frame_count for one in expected]
    for one, other in zip(made, expected, strict=True):
        assert float((one.frames - other.frames).abs().max()) <= 1e-4


def test_failing_batch_is_the_backends_failure(voice: NemoVoice) -> None:
    with pytest.raises(BackendFailed):
        voice.spectrograms([Phrase((10**6,))])


def test_warm_up_runs_the_largest_batch_first(voice: NemoVoice, windowed: NemoVoice) -> None:
    steps: list[str] = []
    voice.warm_up(steps.append)
    small = _with_options(windowed, max_batch_items=2, most_tokens=96)
    small.warm_up(steps.append)

    shapes = warm_up_shapes(VoiceOptions(max_batch_items=4), is_batched=True)
    assert shapes[0] == (4, 480)
    assert {items for items, _ in shapes} == {4, 2, 1}
    assert steps[0].endswith("tokens")
    assert "2 x 256 frames" in steps


def test_on_a_cpu_the_lengths_of_phrases_are_warmed_up(voice: NemoVoice) -> None:
    steps: list[str] = []
    voice.warm_up(steps.append)
    assert steps[2:] == [f"{frames} frames" for frames in range(32, 513, 32)]


def test_files_of_another_model_are_refused(demo_directory: DemoDirectory) -> None:
    cpu = torch.device("cpu")
    with pytest.raises(UnusableModel, match="not a FastPitchModel"):
        load_fastpitch(demo_directory("hifigan"), cpu)
    with pytest.raises(UnusableModel, match="not a HifiGanModel"):
        load_hifigan(demo_directory("fastpitch"), cpu, torch.float32)


def test_vocoder_for_another_voice_is_refused(
    demo_directory: DemoDirectory, tmp_path: Path
) -> None:
    shutil.copytree(demo_directory("fastpitch"), tmp_path / "model")
    path = tmp_path / "model" / "model_config.yaml"
    config = OmegaConf.load(path)
    config.sample_rate = 44_100
    OmegaConf.save(config, path)
    with pytest.raises(ModelUnsupported, match="takes 22050 Hz, and the voice makes 44100 Hz"):
        load_voice(
            tmp_path / "model",
            demo_directory("hifigan"),
            source="demo",
            revision="test",
            options=VoiceOptions(device="cpu"),
        )


def test_mask_change_refuses_what_it_does_not_know(plain: tuple[Any, Any]) -> None:
    with pytest.raises(UnusableModel, match="no transformer layers"):
        mask_between_convolutions(torch.nn.Linear(1, 1))
    layer = plain[0].fastpitch.decoder.layers[0]
    layer.pos_ff.pre_lnorm = True
    try:
        with pytest.raises(UnusableModel, match="normalisation comes before"):
            mask_between_convolutions(plain[0].fastpitch)
    finally:
        layer.pos_ff.pre_lnorm = False


def test_a_pronunciation_is_said_as_its_phonemes_in_place(voice: NemoVoice) -> None:
    insets = Insets()
    tomato = insets.add(Pronunciation("T AH0 M EY1 T OW2", Alphabet.ARPABET))
    assert "tomato" in voice._fastpitch.model.vocab.g2p.phoneme_dict
    said = voice.tokens(f"I say {tomato}, twice.", insets.pronunciations)
    spelled = voice.tokens("I say |T AH0 M EY1 T OW2|, twice.")
    assert said == spelled == voice.tokens("I say tomato, twice.")


def test_a_sound_that_the_model_has_not_is_refused(voice: NemoVoice) -> None:
    voice.check(Pronunciation("təˈmeɪtoʊ"))
    with pytest.raises(UnknownPhoneme, match="'ɔ̃'"):
        voice.check(Pronunciation("bɔ̃ˈʒuʁ"))
