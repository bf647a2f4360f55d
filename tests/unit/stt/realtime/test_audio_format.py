"""Pieces of live audio, which may end anywhere."""

import numpy as np
import pytest

from nemo_voice_stt.realtime.audio_format import Encoding, LiveDecoder, LiveFormat


def test_a_sample_may_come_in_two_pieces() -> None:
    decoder = LiveDecoder(LiveFormat())
    assert decoder.decode(b"\x01\x02\x03") == b"\x01\x02"
    assert decoder.decode(b"\x04") == b"\x03\x04"
    assert decoder.decode(b"") == b""


def test_channels_are_mixed() -> None:
    decoder = LiveDecoder(LiveFormat(channels=2))
    frames = np.array([[100, 300], [-5, 5]], "<i2").tobytes()
    assert np.frombuffer(decoder.decode(frames), "<i2").tolist() == [200, 0]


@pytest.mark.parametrize("encoding", [Encoding.MU_LAW, Encoding.A_LAW])
def test_telephone_samples_have_their_own_size(encoding: Encoding) -> None:
    live_format = LiveFormat(encoding, 8_000)
    assert len(LiveDecoder(live_format).decode(bytes(80))) == 160
    assert live_format.seconds_of(160) == 0.01
