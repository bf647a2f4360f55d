"""Recognition of plain samples as one batch."""

from collections.abc import Sequence

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_stt.transcription.port import Clip, Recogniser, Recognition


def hear(
    recogniser: Recogniser, sounds: Sequence[Samples], hotwords: tuple[str, ...] = ()
) -> Sequence[Recognition]:
    """Returns what is said in each, recognised as one batch."""
    return recogniser.recognise([Clip(sound, hotwords) for sound in sounds])
