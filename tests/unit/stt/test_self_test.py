"""The self-test of speech to text notices a model that does not understand, or no longer."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_serving.runtime.self_test import SelfTestFailed
from nemo_voice_stt.self_test import (
    SENTENCE,
    SENTENCES,
    Clip,
    SelfTestClips,
    TranscribedClip,
    UnusableClip,
    word_error_rate,
    words,
)
from nemo_voice_stt.settings import SttSelfTestSettings
from nemo_voice_stt.transcription.transcription import Transcript, TranscriptionInput

RATE_HZ = 16_000
PACKAGED = SelfTestClips(SttSelfTestSettings())


def recording(path: Path, seconds: float = 2.0, level: float = 0.1) -> Path:
    """Writes bursts of noise as long and loud as that, and returns the path."""
    noise = np.random.default_rng(1).standard_normal(round(seconds * RATE_HZ)) * level
    bursts = noise * (np.arange(len(noise)) % 8000 < 4000)
    path.write_bytes(encode_whole(AudioFormat.FLAC, bursts.astype(np.float32), RATE_HZ))
    return path


@pytest.mark.parametrize(
    ("reference", "heard", "rate"),
    [
        ("a b c d", "a b c d", 0.0),
        ("Hello, world!", "hello world", 0.0),
        ("a b c d", "a x c d", 0.25),
        ("a b c d", "a c d", 0.25),
        ("a b c d", "a b b c d", 0.25),
        ("a b", "", 1.0),
        ("", "a", 1.0),
        ("", "", 0.0),
        ("a", "x y z", 3.0),
        ("Привет, мир!", "привет мир", 0.0),
        ("привет мир", "привет война", 0.5),
        ("今日はいい天気", "今日はいい天気。", 0.0),
        ("今日は", "今夜は", 1 / 3),
    ],
)
def test_edits_are_counted_per_word_of_the_reference(
    reference: str, heard: str, rate: float
) -> None:
    assert word_error_rate(reference, heard) == rate


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("¿Cómo ESTÁ usted?", ["cómo", "está", "usted"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("don't, don’t 'quoted'", ["don't", "don't", "quoted"]),
        ("naïve cafe\u0301", ["naïve", "café"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("你好,world 25度", ["你", "好", "world", "25", "度"]),
        ("コーヒー", ["コ", "ー", "ヒ", "ー"]),
        ("สวัสดี", ["ส", "วั", "ส", "ดี"]),
        ("안녕하세요 여러분", ["안녕하세요", "여러분"]),
        ("صباح الخير", ["صباح", "الخير"]),
        ("... — ⁇ '", []),
    ],
)
def test_words_are_found_in_any_script(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("languages", "sentence", "language"),
    [
        ([], SENTENCE, None),
        (["en"], SENTENCE, "en"),
        (["es"], SENTENCES["es"], "es"),
        (["es-US"], SENTENCES["es"], "es-US"),
        (["de", "fr"], SENTENCES["de"], "de"),
        (["fr", "de"], SENTENCES["fr"], "fr"),
        (["ja", "it"], SENTENCES["it"], "it"),
        (["de", "en-US"], SENTENCE, "en-US"),
        (["ja"], None, "ja"),
    ],
)
def test_the_clip_is_in_a_language_of_the_model(
    languages: list[str], sentence: str | None, language: str | None
) -> None:
    clip = PACKAGED.clip_for(languages)
    assert (clip.text, clip.language) == (sentence, language)


@pytest.mark.parametrize("language", SENTENCES)
def test_every_packaged_clip_is_a_few_seconds_of_sound(language: str) -> None:
    speech = PACKAGED.speech([language], RATE_HZ)
    assert 1.5 < len(speech) / RATE_HZ < 4
    assert 0.01 < float(np.sqrt(np.mean(np.square(speech)))) < 0.5


def test_a_model_that_does_not_understand_fails_and_says_what_to_set() -> None:
    tested = TranscribedClip(PACKAGED.clip_for(["en"]))
    with pytest.raises(SelfTestFailed, match=r"instead of .*NEMO_VOICE_SELF_TEST__CLIP"):
        tested.check("entirely other words here")
    assert tested.check(SENTENCE)["word_error_rate"] == 0


def test_a_synthesised_clip_may_be_heard_less_well() -> None:
    heard = "buenos días que mesa es esa"
    assert TranscribedClip(PACKAGED.clip_for(["es"])).check(heard)["word_error_rate"] == 0.667
    with pytest.raises(SelfTestFailed):
        TranscribedClip(PACKAGED.clip_for(["es"])).check("good morning how are you today")


def test_a_model_that_no_longer_understands_as_it_did_fails() -> None:
    tested = TranscribedClip(PACKAGED.clip_for(["en"]))
    tested.check("good morning how were you")
    assert tested.check("good morning how were you")["word_error_rate"] == 0
    with pytest.raises(SelfTestFailed):
        tested.check("good evening who were")


def test_a_clip_of_unknown_words_must_give_words_and_always_the_same() -> None:
    tested = TranscribedClip(Clip(b"", None, None))
    with pytest.raises(SelfTestFailed, match="no word"):
        tested.check("... ⁇")
    assert tested.check("おはよう") == {"heard": "おはよう"}
    assert tested.check("おはよう。")["word_error_rate"] == 0
    with pytest.raises(SelfTestFailed, match="instead of 'おはよう'"):
        tested.check("さよなら")


def test_the_clip_of_the_settings_replaces_the_packaged_ones(tmp_path: Path) -> None:
    clip = recording(tmp_path / "clip.flac")
    settings = SttSelfTestSettings(clip=clip, text="dos palabras", max_word_error_rate=0.4)
    chosen = SelfTestClips(settings).clip_for(["es", "ca"])
    assert chosen == Clip(clip.read_bytes(), "dos palabras", "es", 0.4)
    unknown = SelfTestClips(SttSelfTestSettings(clip=clip)).clip_for(["en"])
    assert unknown.text is None


def test_a_clip_that_cannot_be_used_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no audio at all")
    for clip, complaint in [
        (tmp_path / "absent.wav", "No such file"),
        (tmp_path, "directory"),
        (tmp_path / "text.wav", "audio"),
        (recording(tmp_path / "long.flac", seconds=31), "30 s"),
        (recording(tmp_path / "silent.flac", level=0.0), "there is no sound"),
    ]:
        with pytest.raises(UnusableClip, match=complaint) as raised:
            SelfTestClips(SttSelfTestSettings(clip=clip))
        assert str(clip) in str(raised.value)


def test_the_text_needs_a_clip_and_words() -> None:
    with pytest.raises(ValueError, match="NEMO_VOICE_SELF_TEST__CLIP"):
        SttSelfTestSettings(text="hello")
    with pytest.raises(ValueError, match="no word"):
        SttSelfTestSettings(clip=Path("a.wav"), text="...")


@pytest.mark.parametrize(
    ("language", "told", "code"),
    [
        ("es", (), None),
        (None, ("en",), None),
        ("es", ("en", "es"), "es"),
        ("es", ("en-US", "es-ES", "es-US"), "es-ES"),
        ("es-US", ("es-ES", "es-us"), "es-us"),
        ("ES_us", ("es",), "es"),
        ("ja", ("en", "es"), None),
    ],
)
def test_a_model_is_told_the_language_by_its_own_code(
    language: str | None, told: tuple[str, ...], code: str | None
) -> None:
    asked: list[str | None] = []

    class Asked:
        async def transcribe(self, recording: TranscriptionInput) -> Transcript:
            asked.append(recording.language)
            return Transcript("hello", (), 1.0)

    clip = TranscribedClip(Clip(b"", None, language), told)
    asyncio.run(clip.test(Asked()))  # type: ignore[arg-type] # no more is called
    assert asked == [code]
