"""G.711 against libsndfile's decoder, code by code."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import soundfile

from nemo_voice_serving.audio.g711 import Pcm16, decode_a_law, decode_mu_law

CODES = bytes(range(256))


@pytest.mark.parametrize(("subtype", "decode"), [("ULAW", decode_mu_law), ("ALAW", decode_a_law)])
def test_every_code_is_the_sample_that_libsndfile_makes_of_it(
    subtype: str, decode: Callable[[bytes], Pcm16]
) -> None:
    raw = {"samplerate": 8000, "channels": 1, "format": "RAW", "subtype": subtype}
    wanted, _ = soundfile.read(io.BytesIO(CODES), dtype="int16", **raw)
    assert np.array_equal(decode(CODES), wanted)
