"""Decoders that go on where the part before ended: a transducer's search, and CTC's.

A state is never changed: a batch that fails leaves every stream as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from nemo.collections.asr.parts.utils.rnnt_utils import batched_hyps_to_hypotheses
from typing_extensions import override

from nemo_voice_stt.backends.transducer_ctc.ctc import CtcDecoder, Labels
from nemo_voice_stt.backends.transducer_ctc.emissions import emissions
from nemo_voice_stt.backends.transducer_ctc.frame_decoder import Tokens
from nemo_voice_stt.backends.transducer_ctc.tokens import Token
from nemo_voice_stt.backends.transducer_ctc.transducer import decoding_beside
from nemo_voice_stt.backends.transducer_ctc.vocabulary import Vocabulary


class DecoderState(Protocol):
    """What is remembered of one stream."""

    @property
    def tokens(self) -> Tokens:
        """What it said so far."""
        ...


class StreamDecoder(Protocol):
    """A decoder of streams; on the device thread only."""

    def begin(self) -> Any:
        """Returns the state of a new stream."""
        ...

    def decode(
        self, frames: torch.Tensor, lengths: Sequence[int], states: Sequence[Any]
    ) -> list[Any]:
        """Returns each stream's state after further frames, given as batch, width and time."""
        ...

    def skip(self, length: int, state: Any) -> Any:
        """Returns the state after frames of silence, in which no token is looked for."""
        ...

    def spelled(self, states: Sequence[Any]) -> list[Tokens]:
        """Returns the tokens of streams that are over, with the logarithms of probabilities."""
        ...


@dataclass(frozen=True, slots=True)
class TransducerState:
    """The search's own memory, and what was found."""

    memory: Any = None
    skipped: int = 0
    """Frames that the search never saw."""
    decoded: int = 0
    tokens: Tokens = ()
    emitting: tuple[torch.Tensor, ...] = ()
    """The frames at which the tokens were emitted, as width and count."""


class TransducerStreams(StreamDecoder):
    """NeMo's label-looping search, beside the one that files are decoded with."""

    def __init__(self, model: Any, vocabulary: Vocabulary) -> None:
        self._model = model
        self._vocabulary = vocabulary
        self._search = decoding_beside(model, {}).decoding.decoding_computer

    @staticmethod
    def can_decode(model: Any) -> bool:
        """Returns whether the search of a model can go on where it ended."""
        return getattr(model.decoding.decoding, "decoding_computer", None) is not None

    @override
    def begin(self) -> TransducerState:
        return TransducerState()

    @override
    def decode(
        self, frames: torch.Tensor, lengths: Sequence[int], states: Sequence[TransducerState]
    ) -> list[TransducerState]:
        before = [state.memory for state in states]
        merged = None
        if any(memory is not None for memory in before):
            merged = self._search.merge_to_batched_state(before)
        found, after = self._search(
            x=frames.transpose(1, 2),
            out_len=torch.tensor(lengths, device=frames.device),
            prev_batched_state=merged,
        )
        hypotheses = batched_hyps_to_hypotheses(found, batch_size=len(states))
        memories = self._search.split_batched_state(after)[: len(states)]
        return [
            self._after(state, memories[row], hypotheses[row], frames[row], lengths[row])
            for row, state in enumerate(states)
        ]

    @override
    def skip(self, length: int, state: TransducerState) -> TransducerState:
        return replace(state, skipped=state.skipped + length)

    @override
    def spelled(self, states: Sequence[TransducerState]) -> list[Tokens]:
        rows = [row for row, state in enumerate(states) if state.tokens]
        spelled: list[Tokens] = [()] * len(states)
        if not rows:
            return spelled
        frames = torch.nn.utils.rnn.pad_sequence(
            [torch.cat(states[row].emitting, dim=1).T for row in rows], batch_first=True
        ).transpose(1, 2)
        numbers = [[token.number for token in states[row].tokens] for row in rows]
        places = [list(range(len(row))) for row in numbers]
        for row, found in zip(rows, emissions(self._model, frames, numbers, places), strict=True):
            spelled[row] = tuple(
                replace(token, end_frame=token.start_frame + one.frames, logprob=one.logprob)
                for token, one in zip(states[row].tokens, found, strict=True)
            )
        return spelled

    def _after(
        self, state: TransducerState, memory: Any, found: Any, frames: torch.Tensor, length: int
    ) -> TransducerState:
        numbers, starts = found.y_sequence.tolist(), found.timestamp.tolist()
        after = replace(state, memory=memory, decoded=state.decoded + length)
        if not numbers:
            return after
        confidences = found.non_blank_step_confidence_precomputed or [None] * len(numbers)
        tokens = tuple(
            Token(number, self._vocabulary.pieces[number], place, place + 1, certain)
            for number, place, certain in zip(
                numbers, (state.skipped + start for start in starts), confidences, strict=True
            )
        )
        places = torch.tensor(starts, device=frames.device) - state.decoded
        emitting = (*state.emitting, frames.index_select(1, places))
        return replace(after, tokens=state.tokens + tokens, emitting=emitting)


_NOTHING = Labels([], [], [])


@dataclass(frozen=True, slots=True)
class CtcState:
    """The tokens that are over, and the frames of the one that may go on."""

    over: Tokens = ()
    frames: int = 0
    """Those before the open ones."""
    open: Labels = _NOTHING
    tokens: Tokens = ()


class CtcStreams(StreamDecoder):
    """The likeliest label of each frame; a label that goes on over a seam is one token."""

    def __init__(self, decoder: CtcDecoder) -> None:
        self._decoder = decoder

    @override
    def begin(self) -> CtcState:
        return CtcState()

    @override
    def decode(
        self, frames: torch.Tensor, lengths: Sequence[int], states: Sequence[CtcState]
    ) -> list[CtcState]:
        found = self._decoder.labelled(frames, torch.tensor(lengths, device=frames.device))
        return [self._after(state, row) for state, row in zip(states, found, strict=True)]

    @override
    def skip(self, length: int, state: CtcState) -> CtcState:
        blank = self._decoder.blank
        return self._after(state, Labels([blank] * length, [0.0] * length, [1.0] * length))

    @override
    def spelled(self, states: Sequence[CtcState]) -> list[Tokens]:
        return [state.tokens for state in states]

    def _after(self, state: CtcState, found: Labels) -> CtcState:
        labels = state.open + found
        last = len(labels.numbers)
        while last and labels.numbers[last - 1] == labels.numbers[-1] != self._decoder.blank:
            last -= 1
        ended, still_open = labels.cut(last)
        over = state.over + self._decoder.folded(ended, state.frames)
        frames = state.frames + last
        return CtcState(over, frames, still_open, over + self._decoder.folded(still_open, frames))
