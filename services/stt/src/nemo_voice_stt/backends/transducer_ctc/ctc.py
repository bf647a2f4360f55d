"""The decoder of CTC: the likeliest token of each frame, repetitions folded; NeMo's greedy search.

With hotwords NeMo's boosting chooses, where a token begins, the one that a phrase needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from nemo.collections.asr.parts.submodules.ctc_greedy_decoding import GreedyBatchedCTCInfer
from typing_extensions import override

from nemo_voice_stt.backends.transducer_ctc.frame_decoder import (
    CONFIDENCE,
    FrameDecoder,
    Tokens,
    decode_apart,
)
from nemo_voice_stt.backends.transducer_ctc.phrase_boosting import STRENGTH, Hotwords, PhraseTrees
from nemo_voice_stt.backends.transducer_ctc.tokens import Token
from nemo_voice_stt.backends.transducer_ctc.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Labels:
    """What CTC finds likeliest at each of some consecutive frames."""

    numbers: list[int]
    """Tokens of the vocabulary, or the blank."""
    chances: list[float]
    """The logarithm of their probability."""
    confidences: list[float]

    def __add__(self, other: "Labels") -> "Labels":
        """Returns these and what follows."""
        return Labels(
            self.numbers + other.numbers,
            self.chances + other.chances,
            self.confidences + other.confidences,
        )

    def cut(self, place: int) -> "tuple[Labels, Labels]":
        """Returns those before a place, and the rest."""
        return (
            Labels(self.numbers[:place], self.chances[:place], self.confidences[:place]),
            Labels(self.numbers[place:], self.chances[place:], self.confidences[place:]),
        )


class CtcDecoder(FrameDecoder):
    """Decodes with the linear layer of a CTC model, or with that of a hybrid one."""

    # One small layer whose output is compared and logged: rounding would make labels equal.
    is_rounded = False

    def __init__(self, layer: Any, vocabulary: Vocabulary) -> None:
        self._layer = layer
        self._vocabulary = vocabulary
        self.blank = layer.num_classes_with_blank - 1
        """The label of frames without a token."""
        self._trees = PhraseTrees(vocabulary)
        self._search = GreedyBatchedCTCInfer(
            blank_id=self.blank, preserve_frame_confidence=True, confidence_method_cfg=CONFIDENCE
        )
        self.modules = (layer,)

    @override
    def decode(
        self, frames: torch.Tensor, frame_lengths: torch.Tensor, hotwords: Sequence[Hotwords]
    ) -> list[Tokens]:
        return decode_apart(frames, frame_lengths, hotwords, self._plainly, self._with_hotwords)

    @override
    def graph_mode(self) -> str:
        return "none"  # there is no loop without hotwords, and a tree is never in a graph

    def _plainly(self, frames: torch.Tensor, frame_lengths: torch.Tensor) -> list[Tokens]:
        return self._found(self._logprobs(frames), frame_lengths)

    def _with_hotwords(
        self, frames: torch.Tensor, frame_lengths: torch.Tensor, hotwords: Sequence[Hotwords]
    ) -> list[Tokens]:
        logprobs = self._logprobs(frames)
        found: dict[int, Tokens] = {}
        for wanted in dict.fromkeys(hotwords):
            rows = [row for row, own in enumerate(hotwords) if own == wanted]
            own = self._found(logprobs[rows], frame_lengths[rows], self._trees.tree_of(wanted))
            found |= zip(rows, own, strict=True)
        return [found[row] for row in range(len(hotwords))]

    def _logprobs(self, frames: torch.Tensor) -> torch.Tensor:
        """Returns the logarithm of each token's probability, as batch, time and vocabulary."""
        logprobs: torch.Tensor = self._layer(encoder_output=frames.float())
        return logprobs

    def labelled(self, frames: torch.Tensor, frame_lengths: torch.Tensor) -> list[Labels]:
        """Returns the likeliest label of each frame of each row."""
        return self._labels(self._logprobs(frames), frame_lengths)

    def folded(self, labels: Labels, first_frame: int = 0) -> Tokens:
        """Returns the tokens of frames: one for each run of the same label, at its likeliest.

        Args:
            labels: Those of consecutive frames.
            first_frame: The place of the first of these.
        """
        tokens = []
        for number, run in groupby(range(len(labels.numbers)), key=labels.numbers.__getitem__):
            places = list(run)
            if number == self.blank:
                continue
            best = max(places, key=labels.chances.__getitem__)
            piece = self._vocabulary.pieces[number]
            certain, chance = float(labels.confidences[best]), labels.chances[best]
            start, end = first_frame + places[0], first_frame + places[-1] + 1
            tokens.append(Token(number, piece, start, end, certain, chance))
        return tuple(tokens)

    def _found(
        self, logprobs: torch.Tensor, frame_lengths: torch.Tensor, tree: Any = None
    ) -> list[Tokens]:
        return [self.folded(row) for row in self._labels(logprobs, frame_lengths, tree)]

    def _labels(
        self, logprobs: torch.Tensor, frame_lengths: torch.Tensor, tree: Any = None
    ) -> list[Labels]:
        search = self._search
        # NeMo's search has one tree for a whole batch, given when it is made.
        search.fusion_models = None if tree is None else [tree]
        search.fusion_models_alpha = None if tree is None else [STRENGTH]
        (hypotheses,) = search(decoder_output=logprobs, decoder_lengths=frame_lengths)
        numbers = [hypothesis.y_sequence.tolist() for hypothesis in hypotheses]
        longest = max(map(len, numbers), default=0)
        padded = torch.tensor([[*row, *[0] * (longest - len(row))] for row in numbers])
        own = logprobs[:, :longest].gather(-1, padded.to(logprobs.device).unsqueeze(-1))
        chances = own.squeeze(-1).tolist()
        return [
            Labels(row, chances[place][: len(row)], list(hypotheses[place].frame_confidence))
            for place, row in enumerate(numbers)
        ]
