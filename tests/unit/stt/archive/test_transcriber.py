"""One recording of an archive: opened, checked, heard."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_serving.errors import InvalidRequest, VoiceError
from nemo_voice_stt.archive.errors import UnreadableFile
from nemo_voice_stt.archive.options import ArchiveOptions, OutputFormat
from nemo_voice_stt.archive.recording import Recording
from nemo_voice_stt.archive.transcriber import Transcriber
from nemo_voice_stt.archive.transcript_files import Heard
from nemo_voice_stt.transcription.port import Abilities
from support.archives import archive
from support.models.fakes import FakeRecogniser
from support.models.use_cases import transcription_of

TRANSLATING = Abilities(
    told_languages=("en", "de", "es"),
    default_language="de",
    translations=(("en", "de"), ("de", "en"), ("es", "en")),
)


async def heard(
    recording: Recording,
    recogniser: FakeRecogniser | None = None,
    languages: Sequence[str] = ("en", "de", "es"),
    **options: Any,
) -> Heard:
    """Returns what a recording says to a recogniser."""
    made = recogniser or FakeRecogniser()
    async with transcription_of(made.recognise) as transcription:
        transcription.abilities = made.abilities
        transcriber = Transcriber(transcription, ArchiveOptions(**options), languages)
        transcriber.refuse_impossible()
        return await transcriber.heard(recording)


async def test_a_recording_may_have_its_own_languages_and_keywords(tmp_path: Path) -> None:
    archive(tmp_path, "a.wav")
    recogniser = FakeRecogniser(abilities=TRANSLATING)
    recording = Recording(
        tmp_path / "a.wav", "a", language="es", translate_to="en", keywords=("Ada",)
    )
    result = await heard(recording, recogniser, language="en", keywords=("Bo",))
    assert (result.language, result.is_translated) == ("english", True)
    assert recogniser.told == [("es", "en")]
    assert recogniser.hotwords == [("Bo", "Ada")]


async def test_what_is_spoken_in_the_wanted_language_is_not_translated(tmp_path: Path) -> None:
    archive(tmp_path, "a.wav")
    recogniser = FakeRecogniser(abilities=TRANSLATING)
    recording = Recording(tmp_path / "a.wav", "a", language="en")
    result = await heard(recording, recogniser, translate_to="en")
    assert (result.is_translated, recogniser.told) == (False, [("en", None)])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"language": "fr"}, "language: the model does not understand 'fr'"),
        ({"language": "en", "translate_to": "fr"}, "translate-to: the model does not write 'fr'"),
        ({"language": "es", "translate_to": "de"}, "translate-to: not from Spanish"),
        ({"keywords": ("x" * 100,)}, "A keyword has 100 characters"),
    ],
)
async def test_what_a_recording_asks_for_in_vain_is_its_own_failure(
    tmp_path: Path, fields: dict[str, Any], told: str
) -> None:
    archive(tmp_path, "a.wav")
    with pytest.raises(InvalidRequest, match=told):
        await heard(
            Recording(tmp_path / "a.wav", "a", **fields), FakeRecogniser(abilities=TRANSLATING)
        )


async def test_a_model_that_must_be_told_does_not_translate_what_nobody_names(
    tmp_path: Path,
) -> None:
    archive(tmp_path, "a.wav")
    finds_out = Abilities(told_languages=("en", "de"), translations=(("de", "en"),))
    with pytest.raises(InvalidRequest, match="must be told what is spoken"):
        await heard(
            Recording(tmp_path / "a.wav", "a", translate_to="en"),
            FakeRecogniser(abilities=finds_out),
        )


async def test_a_part_is_heard_with_times_from_its_own_beginning(tmp_path: Path) -> None:
    archive(tmp_path, "a.wav", seconds=5.0)
    recording = Recording(tmp_path / "a.wav", "a", start_s=2.0, length_s=1.0)
    transcript = (await heard(recording)).transcript
    assert transcript.duration_s == 1.0
    assert transcript.words[0].start_s == 0.0


async def test_a_file_that_is_none_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    for name, told in (("pipe.wav", "no regular file"), ("gone.wav", "No such file")):
        with pytest.raises(UnreadableFile, match=told) as raised:
            await heard(Recording(tmp_path / name, "a"))
        assert raised.value.body()["error"]["code"] == "unreadable_file"


async def test_words_are_asked_for_unless_the_text_alone_is_written(tmp_path: Path) -> None:
    archive(tmp_path, "a.wav")
    without = FakeRecogniser(abilities=Abilities(word_times=False))
    recording = Recording(tmp_path / "a.wav", "a")
    assert (await heard(recording, without, formats=(OutputFormat.TXT,))).transcript.text
    with pytest.raises(VoiceError, match="format vtt: the model gives no times of words"):
        await heard(recording, without, formats=(OutputFormat.VTT,))
