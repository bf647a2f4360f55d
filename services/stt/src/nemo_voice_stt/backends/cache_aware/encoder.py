"""The encoder's step over one part of each of some streams: what it would make of the whole.

Features are computed of windows whose samples reach as far as they need, so that they are those of
the whole recording. NeMo's own feature buffer computes wrong ones at the seam of every chunk.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from nemo_voice_stt.backends.cache_aware.cache_pool import CachePool, Caches
from nemo_voice_stt.backends.cache_aware.contexts import Context
from nemo_voice_stt.backends.cache_aware.windows import Geometry, Window
from nemo_voice_stt.backends.padding import padded
from nemo_voice_stt.backends.transducer_ctc.decoding_pipeline import Stages


@dataclass(slots=True, eq=False)
class EncoderState:
    """What is remembered of one stream between parts."""

    slot: int | None = None
    tail: torch.Tensor | None = None
    """The last frames of its features, which the next part's first frames see."""
    is_closed: bool = False
    """Whether no further part comes; one may still be on its way to the device."""


class Encoded(NamedTuple):
    """A batch's frames, and what its streams will remember once the batch is through."""

    frames: torch.Tensor
    """As batch, width and time."""
    lengths: torch.Tensor
    tails: list[torch.Tensor]
    caches: Caches


class StreamingEncoder:
    """The features and the cache-aware encoder of a loaded model; on the device thread only."""

    def __init__(self, stages: Stages, context: Context) -> None:
        self._encoder = stages.model.encoder
        self._preprocessor = stages.model.preprocessor
        self._device, self._precision = stages.device, stages.precision
        self._subsampling = int(self._encoder.subsampling_factor)
        self._context = list(context)
        wide = self._encoder.att_context_size
        self._encoder.set_default_att_context_size(self._context)
        self._streaming = self._encoder.streaming_cfg
        self._pool = CachePool(self._encoder, stages.precision, stages.device)
        self._encoder.set_default_att_context_size(wide)
        self.geometry = _geometry(stages.model, self._subsampling, context)

    @property
    def streams(self) -> int:
        """How many streams it remembers something of."""
        return self._pool.in_use

    def encode(self, windows: Sequence[Window], states: Sequence[EncoderState]) -> Encoded:
        """Returns the frames of a batch whose windows have room for equally many chunks.

        Nothing is remembered yet: a batch that fails can be tried again in halves.
        """
        for state in states:
            state.slot = self._pool.take() if state.slot is None else state.slot
        features, tails = self._features(windows, states)
        embedded, lengths = self._embedded(features, states)
        before = self._pool.read([state.slot for state in states if state.slot is not None])
        with self._looking_ahead():
            frames, lengths, *after = self._encoder(
                audio_signal=embedded,
                length=lengths,
                cache_last_channel=before.channel,
                cache_last_time=before.time,
                cache_last_channel_len=before.lengths,
                bypass_pre_encode=True,
            )
        return Encoded(frames, lengths, tails, Caches(*after))

    def remember(
        self, windows: Sequence[Window], states: Sequence[EncoderState], encoded: Encoded
    ) -> None:
        """Keeps what the next parts need; of a stream whose last part this was nothing."""
        going_on = [row for row, window in enumerate(windows) if not window.is_last]
        if going_on:
            slots = [slot for row in going_on if (slot := states[row].slot) is not None]
            self._pool.write(slots, going_on, encoded.caches)
        for row, (window, state) in enumerate(zip(windows, states, strict=True)):
            state.tail = encoded.tails[row]
            if window.is_last:
                self.forget(state)

    def forget(self, state: EncoderState) -> None:
        """Frees what a stream has; may be called again."""
        if state.slot is not None:
            self._pool.give_back(state.slot)
        state.slot = state.tail = None

    @contextmanager
    def _looking_ahead(self) -> Iterator[None]:
        """Makes the encoder look as far ahead as live audio lets it; files are heard with more."""
        encoder = self._encoder
        wide = encoder.att_context_size, encoder.streaming_cfg
        encoder.att_context_size, encoder.streaming_cfg = self._context, self._streaming
        try:
            yield
        finally:
            encoder.att_context_size, encoder.streaming_cfg = wide

    def _features(
        self, windows: Sequence[Window], states: Sequence[EncoderState]
    ) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Returns each row's features after those it remembers, and what it will remember."""
        counts = [len(window.samples) for window in windows]
        signal = padded([window.samples for window in windows], counts, self._device)
        made, _ = self._preprocessor(
            input_signal=signal, length=torch.tensor(counts).to(self._device)
        )
        rows, tails = [], []
        for row, (window, state) in enumerate(zip(windows, states, strict=True)):
            context = window.context_frames
            own = made[row, :, context : context + window.frames]
            joined = own if state.tail is None else torch.cat([state.tail, own], dim=1)
            rows.append(joined)
            tails.append(joined[:, -(self._subsampling + 1) :].clone())
        return rows, tails

    def _embedded(
        self, features: Sequence[torch.Tensor], states: Sequence[EncoderState]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the rows' frames before the encoder's layers, as batch, time and width.

        Rows that remember equally many frames of features are convolved together: the first part
        of a stream begins with the padding of a recording, a later one with what was before.
        """
        kept = [0 if state.tail is None else state.tail.shape[1] for state in states]
        embedded: dict[int, torch.Tensor] = {}
        lengths: dict[int, torch.Tensor] = {}
        for held in sorted(set(kept)):
            rows = [row for row, count in enumerate(kept) if count == held]
            own, own_lengths = self._convolved([features[row] for row in rows], held)
            embedded |= zip(rows, own, strict=True)
            lengths |= zip(rows, own_lengths, strict=True)
        order = range(len(features))
        longest = max(len(embedded[row]) for row in order)
        stacked = torch.stack(
            [
                torch.nn.functional.pad(embedded[row], (0, 0, 0, longest - len(embedded[row])))
                for row in order
            ]
        )
        return stacked, torch.stack([lengths[row] for row in order])

    def _convolved(
        self, rows: Sequence[torch.Tensor], held: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the subsampled frames of rows without those that the parts before had."""
        counts = [row.shape[1] for row in rows]
        filled = rows[0].new_zeros((len(rows), max(counts), rows[0].shape[0]))
        for place, row in enumerate(rows):
            filled[place, : counts[place]] = row.T
        lengths = torch.tensor(counts, device=self._device)
        made, made_lengths = self._encoder.pre_encode(x=filled.to(self._precision), lengths=lengths)
        before = -(-held // self._subsampling)
        return made[:, before:], (made_lengths.long() - before).clamp(min=0)


def _geometry(model: Any, subsampling: int, context: Context) -> Geometry:
    featurizer = model.preprocessor.featurizer
    hop, half = int(featurizer.hop_length), int(featurizer.n_fft) // 2
    # torch centres a shorter window within the transform, and multiplies what is beside it by 0.
    beside = (int(featurizer.n_fft) - int(featurizer.win_length)) // 2
    return Geometry(
        hop=hop,
        before=half - beside + 1,  # and the sample before, for the pre-emphasis
        after=max(hop, beside + int(featurizer.win_length) - half),
        subsampling=subsampling,
        chunk=context[1] + 1,
    )
