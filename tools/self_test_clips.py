"""Makes the packaged clips of the recogniser's self-test that are not English, with espeak-ng.

`python -m tools.self_test_clips`; the sentences are in `nemo_voice_stt.self_test`. What it writes
is committed: another version of espeak-ng makes another sound.
"""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np

from nemo_voice_serving.audio.decoding import decode_whole
from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_stt import __file__ as stt_package
from nemo_voice_stt.self_test import SENTENCES

RATE_HZ = 16_000
_WORDS_PER_MINUTE = 140
_MARGIN_S = 0.2


def main() -> int:
    """Writes one file for each language but English."""
    for language, sentence in SENTENCES.items():
        if language != "en":
            path = Path(stt_package).with_name(f"self_test_{language}.flac")
            path.write_bytes(clip_of(language, sentence))
    return 0


def clip_of(language: str, sentence: str) -> bytes:
    """Returns the sentence as a FLAC file, with a little silence at both ends."""
    command = ["espeak-ng", "-v", language, "-s", str(_WORDS_PER_MINUTE), "--stdout", sentence]
    spoken = subprocess.run(command, check=True, capture_output=True)
    sound = decode_whole(BytesIO(spoken.stdout), RATE_HZ)
    heard = np.flatnonzero(np.abs(sound) > 0.01)  # noqa: PLR2004 audible
    margin = np.zeros(round(_MARGIN_S * RATE_HZ), np.float32)
    whole = np.concatenate([margin, sound[heard[0] : heard[-1] + 1], margin])
    return encode_whole(AudioFormat.FLAC, whole, RATE_HZ)


if __name__ == "__main__":
    sys.exit(main())
