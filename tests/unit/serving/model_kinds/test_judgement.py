"""Published checkpoints are judged as what they are: served with their facts, or refused."""

from typing import Any

import pytest

from nemo_voice_serving.model_kinds.errors import UnsafeConfig, UnsupportedModel
from nemo_voice_serving.model_kinds.judgement import described, judged, refuse_misfit, why_not
from nemo_voice_serving.model_kinds.kinds import KINDS, Role
from support.models.look_alikes import PUBLISHED, config_of

RECOGNISERS = {
    "nvidia/parakeet-tdt-1.1b": ("TDT", ("en",), 80, False),
    "nvidia/parakeet-tdt-0.6b-v2": ("TDT", ("en",), 128, False),
    "nvidia/parakeet-rnnt-1.1b": ("RNNT", ("en",), 80, False),
    "nvidia/parakeet-tdt_ctc-110m": ("TDT + CTC", ("en",), 80, False),
    "nvidia/stt_es_fastconformer_hybrid_large_pc": ("RNNT + CTC", ("es",), 80, False),
    "nvidia/stt_en_fastconformer_hybrid_large_streaming_multi": ("RNNT + CTC", ("en",), 80, True),
    "nvidia/nemotron-speech-streaming-en-0.6b": ("RNNT", ("en",), 128, True),
    "nvidia/stt_en_conformer_transducer_large": ("RNNT", ("en",), 80, False),
    "nvidia/parakeet_realtime_eou_120m-v1": ("RNNT", ("en",), 80, True),
    "nvidia/parakeet-ctc-1.1b": ("CTC", ("en",), 80, False),
    "nvidia/parakeet-ctc-0.6b-vi": ("CTC", ("vi",), 80, False),
}
CHARACTERS = {
    "stt_en_quartznet15x5": ("CTC", ("en",), 64),
    "stt_zh_conformer_transducer_large": ("RNNT", ("zh",), 80),
}
VOICES = {
    "nvidia/tts_en_fastpitch": (("en",), 1, 22050, 256),
    "tts_en_fastpitch_ipa": (("en",), 1, 22050, 256),
    "tts_en_fastpitch_multispeaker": (("en",), 12_800, 44100, 512),
    "tts_es_fastpitch_multispeaker": (("es",), 174, 44100, 512),
    "tts_de_fastpitch_thorstens2210": (("de",), 1, 22050, 256),
    "tts_de_fastpitch_thorstens2102": (("de",), 1, 22050, 256),
    "tts_de_fastpitch_multispeaker_5": (("de",), 119, 44100, 512),
}
VOCODERS = {
    "nvidia/tts_hifigan": (22050, 80, 256),
    "tts_en_hifitts_hifigan_ft_fastpitch": (44100, 80, 512),
}
REFUSED_RECOGNISERS = {
    "nvidia/multitalker-parakeet-streaming-0.6b-v1": "several speakers at once",
    "nvidia/speakerverification_en_titanet_large": "which recognises voices, not words",
    "nvidia/diar_sortformer_4spk-v1": "which finds who speaks when",
    "punctuation_en_bert": r"a model of text \(Punctu.*\), of a class that neither service knows",
    "nvidia/tts_en_fastpitch": "a FastPitch voice .* for text to speech, not for speech to text",
}
REFUSED_VOICES = {
    "nvidia/magpie_tts_multilingual_357m": "a Magpie voice .*whole sentences at once.*nine times",
    "tts_zh_fastpitch_sfspeech": "a voice that speaks zh, and texts are read in de, en, es only",
    "tts_en_tacotron2": "NeMo 3 no longer has",
    "tts_en_radtts": "NeMo 3 no longer has",
    "nvidia/nemo-nano-codec-22khz-1.89kbps-21.5fps": "a codec",
    "nvidia/tts_hifigan": "where a voice has to be named. Name it as the vocoder",
    "nvidia/parakeet-tdt-1.1b": "for speech to text, not for text to speech",
}


@pytest.mark.parametrize("name", RECOGNISERS)
def test_recogniser_is_served_with_its_facts(name: str) -> None:
    facts = judged(config_of(name), Role.RECOGNISER, name)
    found = (facts.decoder, facts.languages, facts.mel_count, facts.is_streaming)
    assert found == RECOGNISERS[name]
    assert (facts.sample_rate_hz, facts.hop_samples, facts.tokenizer) == (16000, 160, "bpe")
    assert facts.speakers is None


@pytest.mark.parametrize("name", CHARACTERS)
def test_recogniser_of_characters_is_served_with_its_facts(name: str) -> None:
    facts = judged(config_of(name), Role.RECOGNISER, name)
    assert (facts.decoder, facts.languages, facts.mel_count) == CHARACTERS[name]
    assert facts.tokenizer == "characters"


def test_languages_of_a_known_name_are_all_its_languages() -> None:
    name = "nvidia/parakeet-tdt-0.6b-v3"
    languages = judged(config_of(name), Role.RECOGNISER, name).languages
    assert len(languages) == 25
    assert {"en", "es", "uk"} < set(languages)
    assert judged(config_of(name), Role.RECOGNISER, "acme/ours").languages == ()


@pytest.mark.parametrize("name", VOICES)
def test_voice_is_served_with_its_facts(name: str) -> None:
    facts = judged(config_of(name), Role.VOICE)
    found = (facts.languages, facts.speakers, facts.sample_rate_hz, facts.hop_samples)
    assert found == VOICES[name]
    assert facts.mel_count == 80
    assert facts.decoder is None


@pytest.mark.parametrize("name", VOCODERS)
def test_vocoder_is_served_with_its_facts(name: str) -> None:
    facts = judged(config_of(name), Role.VOCODER)
    assert (facts.sample_rate_hz, facts.mel_count, facts.hop_samples) == VOCODERS[name]


@pytest.mark.parametrize("name", REFUSED_RECOGNISERS)
def test_no_recogniser_is_refused_with_what_it_is_and_what_to_take(name: str) -> None:
    with pytest.raises(UnsupportedModel, match=REFUSED_RECOGNISERS[name]) as refused:
        judged(config_of(name), Role.RECOGNISER, name)
    assert refused.value.advice


@pytest.mark.parametrize("name", REFUSED_VOICES)
def test_no_voice_is_refused_with_what_it_is_and_what_to_take(name: str) -> None:
    with pytest.raises(UnsupportedModel, match=REFUSED_VOICES[name]) as refused:
        judged(config_of(name), Role.VOICE, name)
    assert "nvidia/tts_en_fastpitch" in refused.value.advice


def test_voice_as_vocoder_is_told_where_it_belongs() -> None:
    with pytest.raises(UnsupportedModel, match=r"Name it as the voice\. .*nvidia/tts_hifigan"):
        judged(config_of("nvidia/tts_en_fastpitch"), Role.VOCODER)


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("nvidia/canary-1b", 4),
        ("nvidia/canary-1b-flash", 4),
        ("nvidia/canary-180m-flash", 4),
        ("nvidia/canary-1b-v2", 25),
    ],
)
def test_canary_is_served_with_its_languages(name: str, languages: int) -> None:
    facts = judged(config_of(name), Role.RECOGNISER, name)
    assert (facts.kind.name, facts.kind.family, facts.decoder) == ("Canary", "aed", "AED")
    assert len(facts.languages) == languages


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"prompt_format": "t5nmt"}, "without Canary's prompts, which names .* 't5nmt'"),
        ({"prompt_format": None}, "without Canary's prompts"),
        ({"prompt_format": ["canary2"]}, "without Canary's prompts"),
        ({"tokenizer": {"type": "wpe", "dir": None}}, r"tokenizer \(wpe\)"),
        ({"tokenizer": None}, "tokenizer"),
        ({"tokenizer": {"type": "agg", "langs": {"en": {"type": "wpe"}}}}, r"\(agg of wpe\)"),
        ({"tokenizer": {"type": "agg", "langs": {"e.n": {"type": "bpe"}}}}, r"\(agg of \?\)"),
    ],
)
def test_multitask_recogniser_unlike_canary_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedModel, match=words):
        judged(config_of("nvidia/canary-1b-flash", **changed), Role.RECOGNISER)


def test_attention_decoder_of_another_class_is_refused() -> None:
    target = "nemo.collections.asr.models.transformer_bpe_models.EncDecTransfModelBPE"
    with pytest.raises(UnsupportedModel, match=r"an attention decoder .* not served"):
        judged(config_of("nvidia/canary-1b-flash", target=target), Role.RECOGNISER)


def test_canary_and_prompted_models_have_their_own_languages() -> None:
    canary = described(config_of("nvidia/canary-1b-flash"), "acme/canary")
    assert (canary.languages, canary.decoder) == (("en", "de", "es", "fr"), "AED")
    prompted = judged(config_of("nvidia/nemotron-3.5-asr-streaming-0.6b"), Role.RECOGNISER)
    assert prompted.languages == ("en-US", "en-GB", "es-US", "de-DE", "fr-FR")
    assert prompted.is_streaming is True


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("role", Role)
def test_every_published_checkpoint_is_served_or_gets_a_sentence(name: str, role: Role) -> None:
    facts = described(config_of(name), name)
    refusal = why_not(facts, role)
    if refusal is None:
        assert facts.kind.is_served
        assert facts.kind.role is role
    else:
        assert refusal.problem.startswith("It is ")
        assert refusal.problem.endswith(".")
        assert len(str(refusal)) < 500


def test_transducers_and_ctc_models_are_served_but_for_those_of_several_speakers() -> None:
    own = {name: kind for name, kind in KINDS.items() if "RNNT" in name or "CTC" in name}
    refused = {name for name, kind in own.items() if not kind.is_served}
    assert refused == {"EncDecMultiTalkerRNNTBPEModel"}
    assert {kind.family for kind in own.values() if kind.is_served} == {"transducer", "ctc"}


@pytest.mark.parametrize(
    ("voice", "vocoder", "words"),
    [
        (
            "tts_es_fastpitch_multispeaker",
            "nvidia/tts_hifigan",
            "acme/vocoder takes 22050 Hz, and the voice makes 44100 Hz.*tts_es_hifigan_ft",
        ),
        (
            "tts_en_fastpitch_multispeaker",
            "nvidia/tts_hifigan",
            "tts_en_hifitts_hifigan_ft_fastpitch",
        ),
        (
            "nvidia/tts_en_fastpitch",
            "tts_en_hifitts_hifigan_ft_fastpitch",
            "takes 44100 Hz, and the voice makes 22050 Hz.*nvidia/tts_hifigan",
        ),
    ],
)
def test_vocoder_of_another_rate_is_refused_with_one_that_fits(
    voice: str, vocoder: str, words: str
) -> None:
    made, taken = judged(config_of(voice), Role.VOICE), judged(config_of(vocoder), Role.VOCODER)
    with pytest.raises(UnsupportedModel, match=words):
        refuse_misfit(made, taken, "acme/vocoder")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"n_mel_channels": 100}, "takes 80 mel bands, and the voice makes 100 mel bands"),
        ({"n_window_stride": 300}, "takes 256 samples a frame, and the voice makes 300"),
    ],
)
def test_vocoder_of_other_frames_is_refused(changed: dict[str, Any], words: str) -> None:
    voice = judged(config_of("nvidia/tts_en_fastpitch", **changed), Role.VOICE)
    with pytest.raises(UnsupportedModel, match=words):
        refuse_misfit(voice, judged(config_of("nvidia/tts_hifigan"), Role.VOCODER))


def test_published_pair_fits() -> None:
    voice = judged(config_of("nvidia/tts_en_fastpitch"), Role.VOICE)
    refuse_misfit(voice, judged(config_of("nvidia/tts_hifigan"), Role.VOCODER))


@pytest.mark.parametrize(
    "target",
    ["os.system", "evil.models.FastPitchModel", "nemo.collections.asr.models.FastPitchModel",
     "nemo.collections.tts.models/../x.FastPitchModel", "FastPitchModel", "nemo.evil.Model",
     "nemo.collections.tts.models.fastpitch\n.FastPitchModel"],
)  # fmt: skip
def test_class_that_is_not_nemos_is_unsafe(target: str) -> None:
    with pytest.raises(UnsafeConfig, match="not NeMo's"):
        judged(config_of("nvidia/tts_en_fastpitch", target=target), Role.VOICE)


def test_voice_without_a_tokenizer_is_too_old() -> None:
    with pytest.raises(UnsupportedModel, match="without a tokenizer"):
        judged(config_of("nvidia/tts_en_fastpitch", text_tokenizer=None), Role.VOICE)
