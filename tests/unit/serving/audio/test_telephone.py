"""G.711 for telephones: what is written is what is read, as near as eight bits are."""

import numpy as np
import pytest

from nemo_voice_serving.audio.g711 import (
    decode_a_law,
    decode_mu_law,
    encode_a_law,
    encode_mu_law,
)
from nemo_voice_serving.audio.telephone import Law, TelephoneEncoder


@pytest.mark.parametrize(
    ("encode", "decode"), [(encode_mu_law, decode_mu_law), (encode_a_law, decode_a_law)]
)
def test_every_code_is_written_as_it_was_read(encode, decode) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    levels = decode(bytes(range(256)))
    assert np.array_equal(decode(encode(levels)), levels)
    samples = np.arange(-32768, 32768, 7, dtype=np.int16)
    errors = np.abs(decode(encode(samples)).astype(int) - samples)
    assert np.all(errors <= np.maximum(16, np.abs(samples.astype(int)) / 16 + 300))


@pytest.mark.parametrize("law", list(Law))
def test_a_tone_is_a_tone(law: Law) -> None:
    tone = (0.3 * np.sin(np.arange(22_050) * 2 * np.pi * 440 / 22_050)).astype(np.float32)
    encoder = TelephoneEncoder(law, 22_050, to_hz=8_000)
    codes = encoder.start() + encoder.encode(tone) + encoder.finish()
    decode = decode_mu_law if law is Law.MU else decode_a_law
    heard = decode(codes) / 32768
    assert len(heard) == pytest.approx(8_000, abs=2)
    expected = 0.3 * np.sin(np.arange(len(heard)) * 2 * np.pi * 440 / 8_000)
    assert np.abs(heard - expected)[100:-100].max() < 0.02


def test_nan_is_silence() -> None:
    encoder = TelephoneEncoder(Law.MU, 8_000, to_hz=8_000)
    assert decode_mu_law(encoder.encode(np.full(4, np.nan, np.float32))).tolist() == [0] * 4
