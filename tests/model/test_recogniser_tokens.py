"""How sure the recogniser is of each token, and the hotwords that it prefers, on NeMo."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from nemo.collections.asr.models import EncDecRNNTBPEModel
from nemo.collections.tts.models import FastPitchModel, HifiGanModel
from omegaconf import OmegaConf

from nemo_voice_serving.errors import OutOfMemory
from nemo_voice_serving.nemo.loading import restore
from nemo_voice_stt.backends.transducer_ctc.backend import NemoRecogniser
from nemo_voice_stt.backends.transducer_ctc.transducer import BoostedDecoder, TransducerDecoder
from nemo_voice_stt.transcription.port import Clip
from support.models.demo_models import Samples, plainly_restored, spoken, without_normaliser
from support.models.hearing import hear

RARE = [
    "the parakeet sat on the window",
    "prometheus and grafana show the load",
    "the patient needs ibuprofen",
]
KEYWORDS = ("Parakeet", "Prometheus", "Grafana", "ibuprofen")


@pytest.fixture(scope="module")
def rare(demo_directory: Callable[[str], Path]) -> list[Samples]:
    """Sentences with words that the demo recogniser does not know."""
    spectrograms = restore(
        FastPitchModel, demo_directory("fastpitch"), change_config=without_normaliser
    )
    return spoken(RARE, spectrograms, restore(HifiGanModel, demo_directory("hifigan")), 16_000)


def test_probabilities_are_those_that_nemo_decodes_with(
    recogniser: NemoRecogniser, speech: list[Samples]
) -> None:
    plain: Any = plainly_restored(EncDecRNNTBPEModel, "fastconformer-tdt").eval()
    decoding = OmegaConf.create(OmegaConf.to_container(plain.cfg.decoding))
    keeping = {"strategy": "greedy_batch", "preserve_alignments": True}
    plain.change_decoding_strategy(OmegaConf.merge(decoding, keeping), verbose=False)
    durations = len(plain.decoding.durations)
    for sound, recognition in zip(speech, hear(recogniser, speech), strict=True):
        (heard,) = plain.transcribe([sound], batch_size=1, verbose=False, return_hypotheses=True)
        steps = [step for frame in heard.alignments for step in frame]
        words = [
            (int(label), float(logits[:-durations].float().log_softmax(-1)[int(label)]))
            for logits, label in steps
            if int(label) != plain.decoding.blank_id
        ]
        tokens = [token for word in recognition.words for token in word.tokens]
        assert [token.number for token in tokens] == [number for number, _ in words]
        expected = [logprob for _, logprob in words]
        assert [token.logprob for token in tokens] == pytest.approx(expected, abs=2e-3)


def test_the_tokens_spell_the_text(recogniser: NemoRecogniser, speech: list[Samples]) -> None:
    for recognition in hear(recogniser, speech):
        spelled = "".join(token.text for word in recognition.words for token in word.tokens)
        assert spelled.strip() == recognition.text


def test_hotwords_are_preferred_to_words_that_sound_alike(
    recogniser: NemoRecogniser, rare: list[Samples]
) -> None:
    plain = [one.text for one in hear(recogniser, rare)]
    boosted = [one.text for one in hear(recogniser, rare, KEYWORDS)]
    known = [word.lower() for word in KEYWORDS]
    assert not any(word in " ".join(plain).split() for word in known)
    assert all(word in " ".join(boosted).split() for word in known)


def test_hotwords_of_one_request_do_not_affect_another(
    recogniser: NemoRecogniser, rare: list[Samples], speech: list[Samples]
) -> None:
    sounds = [*rare, *speech]
    plain = hear(recogniser, sounds)
    boosted = hear(recogniser, sounds, KEYWORDS)
    mixed = recogniser.recognise(
        [Clip(sound, KEYWORDS if place % 2 else ()) for place, sound in enumerate(sounds)]
    )
    expected = [(boosted if place % 2 else plain)[place] for place in range(len(sounds))]
    assert [one.text for one in mixed] == [one.text for one in expected]
    assert [one.text for one in hear(recogniser, sounds)] == [one.text for one in plain]


def test_hotwords_that_are_not_said_change_nothing(
    recogniser: NemoRecogniser, speech: list[Samples]
) -> None:
    plain = [one.text for one in hear(recogniser, speech)]
    assert [one.text for one in hear(recogniser, speech, KEYWORDS)] == plain


@pytest.mark.parametrize("phrase", ["東京", "☃", "…", " ", "4711"])
def test_what_the_vocabulary_cannot_spell_is_left_out(
    recogniser: NemoRecogniser, rare: list[Samples], phrase: str
) -> None:
    texts = [one.text for one in hear(recogniser, rare, (phrase, "Grafana"))]
    assert "grafana" in texts[1]
    assert [one.text for one in hear(recogniser, rare, (phrase,))] == [
        one.text for one in hear(recogniser, rare)
    ]


def boosted_decoder(recogniser: NemoRecogniser) -> BoostedDecoder:
    decoder = recogniser._stages.decoder
    assert isinstance(decoder, TransducerDecoder)
    return decoder.boosted


def test_hotwords_that_make_the_decoder_fail_are_left_out(
    recogniser: NemoRecogniser, rare: list[Samples], caplog: pytest.LogCaptureFixture
) -> None:
    half_a_character = ("\ud800",)
    plain = [one.text for one in hear(recogniser, rare)]
    mixed = recogniser.recognise(
        [Clip(sound, () if place else half_a_character) for place, sound in enumerate(rare)]
    )
    assert [one.text for one in mixed] == plain
    assert "hotwords are not used" in caplog.text
    assert int(boosted_decoder(recogniser).storage.model2active.sum()) == 0


def test_hotwords_that_do_not_fit_the_memory_are_not_left_out(
    recogniser: NemoRecogniser, rare: list[Samples], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(boosted_decoder(recogniser), "decode", fill)
    with pytest.raises(OutOfMemory):
        recogniser.recognise([Clip(rare[0], ("Grafana",)), Clip(rare[1])])


def test_a_hundred_lists_of_hotwords_leave_nothing_behind(
    recogniser: NemoRecogniser, rare: list[Samples]
) -> None:
    quiet = [np.asarray(rare[0][:8_000])]
    for place in range(100):
        hear(
            recogniser, quiet, (f"name {'abcdefghij'[place % 10]}{'klmnopqrst'[place // 10 % 10]}",)
        )
    boosted = boosted_decoder(recogniser)
    trees = boosted.storage
    assert int(trees.model2active.sum()) == 0
    assert trees.num_arcs_extended_total == 0
    assert boosted.trees.tree_of.cache_info().currsize <= 64
    assert not trees.all_arcs_weights.is_inference()
    assert torch.count_nonzero(trees.all_arcs_weights) == 0
