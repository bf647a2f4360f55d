"""A recogniser asked for what it hears in plain samples."""

from collections.abc import Sequence

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_stt.transcription.port import Clip, Recogniser, Recognition


def hear(
    recogniser: Recogniser, sounds: Sequence[Samples], phrases: tuple[str, ...] = ()
) -> Sequence[Recognition]:
    """Returns what is said in each, heard as one batch."""
    return recogniser.recognise([Clip(sound, phrases) for sound in sounds])
