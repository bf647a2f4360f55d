"""The greedy search of transducers, RNNT and TDT, in machine code, on the CPU.

`transducer.py` decodes with it where it can. It finds what NeMo's label-looping search finds, and
says of each token how long it lasts and how likely it is. `greedy_search.c` is what runs; other
threads run meanwhile.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from nemo_voice_stt.backends.transducer_ctc import native_library

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

_ACTIVATIONS = ("relu", "tanh", "sigmoid")
"""As the source numbers them."""
_VECTOR = 16
"""Rows of the output layer are filled up to a multiple of it, so that no number is left over."""
_MOST_READY = 4 * 2**20
"""Most numbers for the first layer's gates of every token, computed beforehand: 16 MiB."""


@dataclass(frozen=True, slots=True)
class SearchNetwork:
    """The prediction and joint networks, as plain numbers; matrices map rows to columns."""

    embedding: Floats
    """Of each token and of the blank, which comes last."""
    inputs: Sequence[Floats]
    """Each LSTM layer's, from its input to the four gates; the order of gates is torch's."""
    biases: Sequence[Floats]
    """Each layer's, of input and recurrence together."""
    recurrent: Sequence[Floats]
    """Each layer's, from its own output to the four gates."""
    project: Floats
    """From the prediction network to the joint one."""
    project_bias: Floats
    output: Floats
    """From the joint network to tokens, blank and durations."""
    output_bias: Floats
    activation: str
    """Of the joint network: `relu`, `tanh` or `sigmoid`."""
    durations: Sequence[int]
    """In frames; none of RNNT."""
    most_symbols: int
    """Most tokens from one frame."""
    alpha: float
    """Exponent of Tsallis' entropy, by which certainty is measured."""

    @property
    def blank(self) -> int:
        """The number of the blank: that of the tokens."""
        return len(self.embedding) - 1


@dataclass(frozen=True, slots=True)
class SearchState:
    """Where the search of some rows stands; rows come first in each array."""

    hidden: Floats
    """As rows, layers and width."""
    cell: Floats
    said: Floats
    """The prediction network's part of the joint one: rows and width."""
    time: Integers
    """Frame at which each row goes on, counted from the first of the next frames."""

    def of(self, row: int) -> "SearchState":
        """Returns one row's own."""
        return SearchState(*(getattr(self, one.name)[row : row + 1] for one in fields(self)))

    @classmethod
    def joined(cls, states: Sequence["SearchState"]) -> "SearchState":
        """Returns the states as one, of which nothing is shared with them."""
        return cls(
            *(np.concatenate([getattr(state, one.name) for state in states]) for one in fields(cls))
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The tokens of one row, in order."""

    numbers: list[int]
    starts: list[int]
    """The frame at which each was emitted."""
    lasting: list[int]
    """How many frames each lasts; 1 where the model predicts no durations."""
    logprobs: list[float]
    """The logarithm of each one's probability."""
    confidences: list[float]
    """How certain the model was, from 0 to 1."""


class GreedySearch:
    """The search with one model's networks; used by one thread at a time."""

    def __init__(self, network: SearchNetwork, begin: SearchState) -> None:
        """Takes the networks, and the state of one row before its first token.

        Raises:
            NoLibrary: There is no machine code of it here.
        """
        self._run = native_library.load().greedy_search
        self._begin = begin
        self._most_symbols = network.most_symbols
        self._network = _in_c(network)

    def begin(self, rows: int) -> SearchState:
        """Returns the state of as many new rows."""
        return SearchState.joined([self._begin] * rows)

    def search(
        self, frames: Floats, lengths: Sequence[int], state: SearchState | None = None
    ) -> list[Found]:
        """Returns each row's tokens.

        Args:
            frames: The encoder's part of the joint network, as rows, time and width.
            lengths: How many frames of each row count.
            state: Where each row's search stands; it is moved on. Absent: at the beginning.

        Raises:
            ValueError: A length is beyond the frames, or the arrays are of different rows.
        """
        rows, longest, width = frames.shape
        state = self.begin(rows) if state is None else state
        # What runs looks at no bounds.
        if not len(lengths) == rows == len(state.time) or width != state.said.shape[1]:
            raise ValueError(f"{len(lengths)} lengths and {len(state.time)} states of {rows} rows")
        if max(lengths, default=0) > longest:
            raise ValueError(f"a row of {max(lengths)} frames where there are {longest}")
        shape = (rows, max(1, longest * self._most_symbols))
        whole = [np.empty(shape, np.int32) for _ in range(3)]
        real = [np.empty(shape, np.float32) for _ in range(2)]
        counts = np.zeros(rows, np.int64)
        frames, limits = np.ascontiguousarray(frames), np.array(lengths, np.int64)
        batch = _Batch(
            rows,
            longest,
            shape[1],
            *map(_pointer, (frames, limits, state.hidden, state.cell, state.said, state.time)),
            *map(_pointer, (*whole, *real, counts)),
        )
        if self._run(ctypes.byref(self._network.struct), ctypes.byref(batch)):
            raise MemoryError
        return [
            Found(*(one[row, :count].tolist() for one in (*whole, *real)))
            for row, count in enumerate(counts.tolist())
        ]


class _Network(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in ("layers", "width", "joint_width", "outputs")),
        *((name, ctypes.c_int64) for name in ("blank", "activation", "most", "duration_count")),
        ("ready_gates", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("durations", "embedding", "input", "input_bias")),
        *((name, ctypes.c_void_p) for name in ("recurrent", "project", "project_bias")),
        *((name, ctypes.c_void_p) for name in ("output", "output_bias")),
        *((name, ctypes.c_float) for name in ("alpha", "norm")),
    )


class _Batch(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in ("rows", "longest", "room")),
        *((name, ctypes.c_void_p) for name in ("frames", "lengths", "hidden", "cell", "said")),
        *((name, ctypes.c_void_p) for name in ("time", "numbers", "starts", "lasting")),
        *((name, ctypes.c_void_p) for name in ("logprobs", "confidences", "counts")),
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """A structure, and the arrays that it points to."""

    struct: _Network
    arrays: tuple[Array, ...]


def _in_c(network: SearchNetwork) -> _Held:
    width = network.embedding.shape[1]
    spare = -network.output.shape[1] % _VECTOR
    vocabulary = network.blank + 1
    is_ready = 4 * network.embedding.size <= _MOST_READY
    embedding = network.embedding
    if is_ready:
        embedding = embedding @ network.inputs[0] + network.biases[0]
    arrays: tuple[Array, ...] = (
        np.array(network.durations, np.int64),
        embedding,
        np.stack(network.inputs),
        np.stack(network.biases),
        np.stack(network.recurrent),
        network.project,
        network.project_bias,
        np.pad(network.output, ((0, 0), (0, spare))),
        np.pad(network.output_bias, (0, spare)),
    )
    arrays = tuple(map(np.ascontiguousarray, arrays))
    struct = _Network(
        len(network.inputs),
        width,
        network.project.shape[1],
        network.output.shape[1] + spare,
        network.blank,
        _ACTIVATIONS.index(network.activation),
        network.most_symbols,
        len(network.durations),
        is_ready,
        *map(_pointer, arrays),
        network.alpha,
        1 / (vocabulary ** (1 - network.alpha) - 1),
    )
    return _Held(struct, arrays)


def _pointer(array: Any) -> int:
    return int(array.ctypes.data)
