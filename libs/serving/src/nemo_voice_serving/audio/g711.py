"""G.711, the telephone's eight bits a sample: µ-law and A-law from and to 16-bit samples."""

import numpy as np
import numpy.typing as npt

Pcm16 = npt.NDArray[np.int16]

RATE_HZ = 8_000
"""The rate of G.711 wherever nothing else is said."""


def _mu_law_table() -> Pcm16:
    codes = ~np.arange(256, dtype=np.int32) & 0xFF
    exponents, mantissas = (codes >> 4) & 7, codes & 15
    sizes = (((mantissas << 3) + 0x84) << exponents) - 0x84
    return np.where(codes & 0x80, -sizes, sizes).astype(np.int16)


def _a_law_table() -> Pcm16:
    codes = np.arange(256, dtype=np.int32) ^ 0x55
    exponents, mantissas = (codes >> 4) & 7, codes & 15
    linear = (mantissas << 4) + 8
    sizes = np.where(exponents, (linear + 0x100) << np.maximum(exponents - 1, 0), linear)
    return np.where(codes & 0x80, sizes, -sizes).astype(np.int16)


_MU_LAW, _A_LAW = _mu_law_table(), _a_law_table()


def decode_mu_law(data: bytes) -> Pcm16:
    """Returns the samples of µ-law codes, as ITU-T G.711 defines them."""
    return _MU_LAW[np.frombuffer(data, np.uint8)]


def decode_a_law(data: bytes) -> Pcm16:
    """Returns the samples of A-law codes, as ITU-T G.711 defines them."""
    return _A_LAW[np.frombuffer(data, np.uint8)]


def encode_mu_law(samples: Pcm16) -> bytes:
    """Returns the nearest µ-law code of each sample."""
    return _nearest(_MU_LAW, samples)


def encode_a_law(samples: Pcm16) -> bytes:
    """Returns the nearest A-law code of each sample."""
    return _nearest(_A_LAW, samples)


def _nearest(table: Pcm16, samples: Pcm16) -> bytes:
    codes = np.argsort(table, kind="stable")
    levels = table[codes].astype(np.int32)
    borders = (levels[1:] + levels[:-1]) / 2
    return codes[np.searchsorted(borders, samples)].astype(np.uint8).tobytes()
