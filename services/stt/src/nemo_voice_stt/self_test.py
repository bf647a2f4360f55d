"""The self-test of speech to text: a packaged clip is transcribed, and its word errors counted."""

import importlib.resources
import io
import re

import kaldialign

from nemo_voice_serving.runtime.self_test import Facts, SelfTestFailed
from nemo_voice_stt.transcription.transcription import Transcription, TranscriptionInput

CLIP = "self_test.flac"
SENTENCE = "good morning how are you today"
"""What is said in the clip."""
WORST_FIRST = 0.5
"""Word error rate of the clip above which a model that just started does not understand."""
WORST_LATER = 0.2
"""Word error rate against the model's own first transcript above which it no longer does."""


class SelfTestClip:
    """The clip and the first transcript that the model made of it, which later ones must match."""

    def __init__(self) -> None:
        self._clip = importlib.resources.files("nemo_voice_stt").joinpath(CLIP).read_bytes()
        self._expected, self._worst = SENTENCE, WORST_FIRST

    async def test(self, transcription: Transcription) -> Facts:
        """Transcribes the clip and returns the measures.

        Raises:
            SelfTestFailed: When the model does not understand, or no longer as it did.
        """
        transcript = await transcription.transcribe(TranscriptionInput(io.BytesIO(self._clip)))
        return self.check(transcript.text)

    def check(self, heard: str) -> Facts:
        """Returns the measures of a transcript of the clip; raises as `test` does."""
        rate = word_error_rate(self._expected, heard)
        if rate > self._worst:
            raise SelfTestFailed(f"heard {heard!r} instead of {self._expected!r}")
        if self._worst == WORST_FIRST:
            self._expected, self._worst = heard, WORST_LATER
        return {"heard": heard, "word_error_rate": round(rate, 3)}


def word_error_rate(reference: str, heard: str) -> float:
    """Returns the edits per word of the reference, case and punctuation aside."""
    wanted, found = _words(reference), _words(heard)
    return float(kaldialign.edit_distance(wanted, found)["total"] / max(1, len(wanted)))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())
