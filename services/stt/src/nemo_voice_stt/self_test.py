"""The self-test of speech to text: a recording is transcribed, and its word errors counted.

The recording is the one of the settings, else a packaged one in a language of the model; the
warm-up hears it, too.
"""

import importlib.resources
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import kaldialign

from nemo_voice_serving.audio.decoding import decode_whole
from nemo_voice_serving.audio.levels import is_silent
from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.runtime.self_test import Facts, SelfTestFailed
from nemo_voice_stt.settings import SttSelfTestSettings
from nemo_voice_stt.transcription.languages import code_of, nearest
from nemo_voice_stt.transcription.transcription import Transcription, TranscriptionInput
from nemo_voice_stt.transcription.writing import is_unspaced

SENTENCE = "good morning how are you today"
"""What is said in the English clip."""
SENTENCES = {
    "en": SENTENCE,
    "es": "buenos días cómo está usted hoy",
    "de": "guten morgen wie geht es ihnen heute",
    "fr": "bonjour comment allez vous aujourd'hui",
    "it": "buongiorno come sta lei oggi",
}
"""What is said in the packaged clips, by the code of their language. `tools/self_test_clips.py`
makes those that are not English, with a synthesiser that models hear less well."""
WORST_FIRST = 0.5
"""Word error rate of a clip above which a model that just started does not understand."""
WORST_SYNTHESISED = 0.8
"""The same for a clip that a synthesiser of another kind made."""
WORST_LATER = 0.2
"""Word error rate against the model's own first transcript above which it no longer does."""
MAX_CLIP_S = 30.0
_CHECKED_RATE_HZ = 16_000
_MARK = "\0"
"""Written before what belongs to the letter before it, such as a vowel sign."""


class UnusableClip(Exception):
    """The clip of the settings cannot be transcribed; the message says why, and names it."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording of speech, and what is known of it."""

    recording: bytes
    """The file, in any container that a decoder reads."""
    text: str | None
    """What is said; None where that is not known, or not in a language of the model."""
    language: str | None
    """The code of its language, as the settings or the model name it; None for unknown."""
    worst: float = WORST_FIRST
    """Word error rate against the text above which a model does not understand."""

    def samples(self, rate_hz: int) -> Samples:
        """Returns the whole sound at a rate."""
        return decode_whole(io.BytesIO(self.recording), rate_hz)


class SelfTestClips:
    """Chooses the recording for a model: the one of the settings, else a packaged one."""

    def __init__(self, settings: SttSelfTestSettings) -> None:
        """Reads the recording of the settings.

        Raises:
            UnusableClip: It cannot be read, is no audio, too long, or silent.
        """
        self._settings = settings
        self._own = None if settings.clip is None else _read(settings.clip)

    def clip_for(self, languages: Sequence[str]) -> Clip:
        """Returns the recording for a model that understands these languages.

        Args:
            languages: Codes such as `es` or `es-ES`, the preferred first; none = unknown, which is
                taken for English.
        """
        first = languages[0] if languages else None
        if self._own is not None:
            return Clip(self._own, self._settings.text, first, self._worst(WORST_FIRST))
        codes = {code_of(language): language for language in reversed(languages)}
        if "en" in codes or not codes:
            return Clip(_packaged("en"), SENTENCE, codes.get("en"), self._worst(WORST_FIRST))
        for code, language in reversed(codes.items()):
            if code in SENTENCES:
                worst = self._worst(WORST_SYNTHESISED)
                return Clip(_packaged(code), SENTENCES[code], language, worst)
        return Clip(_packaged("en"), None, first)

    def speech(self, languages: Sequence[str], rate_hz: int) -> Samples:
        """Returns the sound of the recording for a model that understands these languages."""
        return self.clip_for(languages).samples(rate_hz)

    def _worst(self, default: float) -> float:
        given = self._settings.max_word_error_rate
        return default if given is None else given


class TranscribedClip:
    """A clip and the first transcript that the model made of it, which later ones must match."""

    def __init__(self, clip: Clip, told_languages: Sequence[str] = ()) -> None:
        """Takes the clip, and the languages that the model can be told are spoken."""
        self._clip = clip
        self._language = nearest(clip.language, told_languages) if clip.language else None
        self._first: str | None = None

    async def test(self, transcription: Transcription) -> Facts:
        """Transcribes the clip and returns the measures.

        Raises:
            SelfTestFailed: When the model does not understand, or no longer as it did.
        """
        recording = io.BytesIO(self._clip.recording)
        given = TranscriptionInput(recording, language=self._language)
        return self.check((await transcription.transcribe(given)).text)

    def check(self, heard: str) -> Facts:
        """Returns the measures of a transcript of the clip; raises as `test` does."""
        if self._first is not None:
            return _compared(self._first, heard, WORST_LATER)
        if not words(heard):
            raise SelfTestFailed(f"heard no word in the clip, but {heard!r}. {_REMEDY}")
        if self._clip.text is None:
            facts: Facts = {"heard": heard}
        else:
            facts = _compared(self._clip.text, heard, self._clip.worst, _REMEDY)
        self._first = heard
        return facts


_REMEDY = (
    "If the model was made for another language, name it in NEMO_VOICE_LANGUAGES, or set "
    "NEMO_VOICE_SELF_TEST__CLIP to a recording that it understands, and NEMO_VOICE_SELF_TEST__TEXT "
    "to what is said in it (languages and selfTest of a VoiceService)."
)


def word_error_rate(reference: str, heard: str) -> float:
    """Returns the edits per word of the reference, case and punctuation aside."""
    wanted, found = words(reference), words(heard)
    return float(kaldialign.edit_distance(wanted, found)["total"] / max(1, len(wanted)))


def words(text: str) -> list[str]:
    """Returns the words of a text in any script, in lower case and without punctuation.

    Of scripts that write no blanks between words, each letter is one.
    """
    spaced = "".join(map(_spaced, unicodedata.normalize("NFKC", text).casefold()))
    parts = spaced.replace(f" {_MARK}", "").replace(_MARK, "").split()
    return [word for part in parts if (word := part.strip("'"))]


def _spaced(character: str) -> str:
    """Returns the character as part of a word, as a word of its own, or a blank."""
    if character in "'\u2019":
        return "'"
    kind = unicodedata.category(character)[0]
    if kind == "M":
        return f"{_MARK}{character}"
    if kind == "L" and is_unspaced(character):
        return f" {character} "
    return character if kind in "LN" else " "


def _compared(reference: str, heard: str, worst: float, remedy: str = "") -> Facts:
    rate = word_error_rate(reference, heard)
    if rate > worst:
        raise SelfTestFailed(f"heard {heard!r} instead of {reference!r}. {remedy}".rstrip())
    return {"heard": heard, "word_error_rate": round(rate, 3)}


def _packaged(code: str) -> bytes:
    name = "self_test.flac" if code == "en" else f"self_test_{code}.flac"
    return importlib.resources.files("nemo_voice_stt").joinpath(name).read_bytes()


def _read(path: Path) -> bytes:
    try:
        sound = decode_whole(path, _CHECKED_RATE_HZ, max_audio_s=MAX_CLIP_S)
        recording = path.read_bytes()
    except OSError as error:
        raise UnusableClip(f"the clip of the self-test, {path}: {error.strerror}") from None
    except VoiceError as error:
        raise UnusableClip(f"the clip of the self-test, {path}: {error.message}") from None
    if is_silent(sound, _CHECKED_RATE_HZ):
        raise UnusableClip(
            f"the clip of the self-test, {path}: there is no sound in it but silence or a hum"
        )
    return recording
