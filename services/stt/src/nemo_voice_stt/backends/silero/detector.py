"""Implements the port to a detector of speech with Silero VAD, for many sessions in one batch.

It runs on the CPU, in a thread beside the device thread: a session must hear where speech ends
while the model works for others. A chunk of 32 ms takes 0.1 ms.
"""

import importlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from typing_extensions import override

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_stt.realtime.engine import SpeechDetector, SpeechStream

SAMPLE_RATE_HZ = 16_000
CHUNK = 512
"""Samples of one probability."""
MAX_SESSIONS = 128
"""In one batch."""
_CONTEXT = 64
_STATE = (2, 128)
_SILENCE = np.zeros((1, CHUNK), np.float32)
_TIMEOUT_S = 30.0


@dataclass(slots=True, eq=False)
class StreamState:
    """What the network remembers of one stream."""

    memory: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(_STATE, np.float32))
    context: Samples = field(default_factory=lambda: np.zeros(_CONTEXT, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """Whole chunks of one stream, (chunks, 512), and its state, which a batch changes."""

    state: StreamState
    chunks: npt.NDArray[np.float32]


class SileroModel:
    """The network, for the one thread that loaded it."""

    def __init__(self) -> None:
        import torch  # noqa: PLC0415 seconds to import, which `--help` should not take

        threads = torch.get_num_threads()
        try:
            package: Any = importlib.import_module("silero_vad")
            with warnings.catch_warnings():
                # TorchScript is deprecated; the package has no other weights for torch.
                warnings.simplefilter("ignore", FutureWarning)
                self._network = package.load_silero_vad()._model  # without its own state
        finally:
            torch.set_num_threads(threads)  # importing the package sets it to one
        self._torch: Any = torch
        # TorchScript compiles anew for the first two sizes of a batch: not while somebody speaks.
        for streams in (1, 1, 2, 2):
            self.probabilities([Heard(StreamState(), _SILENCE) for _ in range(streams)])

    def probabilities(self, batch: Sequence[Heard], /) -> Sequence[list[float]]:
        """Returns the probability of speech of each chunk of each stream."""
        found: list[list[float]] = [[] for _ in batch]
        for place in range(max(len(heard.chunks) for heard in batch)):
            rows = [row for row, heard in enumerate(batch) if place < len(heard.chunks)]
            states = [batch[row].state for row in rows]
            chunks = np.stack([batch[row].chunks[place] for row in rows])
            contexts = np.stack([state.context for state in states])
            memories = np.stack([state.memory for state in states], axis=1)
            with self._torch.inference_mode():
                output, memory = self._network(
                    self._torch.from_numpy(np.concatenate([contexts, chunks], axis=1)),
                    self._torch.from_numpy(memories),
                )
            for column, (row, state) in enumerate(zip(rows, states, strict=True)):
                # Copies: a view would keep the whole batch for as long as its stream is open.
                state.memory = memory[:, column].numpy().copy()
                state.context = chunks[column, -_CONTEXT:].copy()
                found[row].append(float(output[column, 0]))
        return found


class SileroDetector(SpeechDetector):
    """Finds speech in the streams of all sessions, in shared batches."""

    sample_rate_hz = SAMPLE_RATE_HZ

    def __init__(self, batcher: Batcher[Heard, list[float]]) -> None:
        """Takes the batcher over `SileroModel.probabilities`."""
        self._batcher = batcher

    @override
    def open(self) -> SpeechStream:
        return _SileroStream(self._batcher)


class _SileroStream(SpeechStream):
    def __init__(self, batcher: Batcher[Heard, list[float]]) -> None:
        self._batcher = batcher
        self._state = StreamState()
        self._rest: Samples = np.zeros(0, np.float32)

    @override
    async def follow(self, samples: Samples) -> list[float]:
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) // CHUNK
        self._rest = joined[whole * CHUNK :]
        if not whole:
            return []
        heard = Heard(self._state, joined[: whole * CHUNK].reshape(whole, CHUNK))
        served = await self._batcher.submit(heard, length=whole, timeout_s=_TIMEOUT_S)
        return served.output
