"""The decoder of transducers, RNNT and TDT: a greedy search.

On a CPU it is our own (`greedy_search.py`), which lets other threads run; on a GPU, with hotwords,
and of unusual networks, NeMo's.
"""

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from nemo.collections.asr.parts.context_biasing.biasing_multi_model import BiasingRequestItemConfig
from nemo.collections.asr.parts.submodules.rnnt_decoding import RNNTBPEDecoding, RNNTDecoding
from nemo.collections.asr.parts.utils.rnnt_utils import Hypothesis
from omegaconf import DictConfig, OmegaConf
from typing_extensions import override

from nemo_voice_stt.backends.transducer_ctc.emissions import Emission, emissions
from nemo_voice_stt.backends.transducer_ctc.frame_decoder import (
    CONFIDENCE,
    FrameDecoder,
    Tokens,
    decode_apart,
)
from nemo_voice_stt.backends.transducer_ctc.greedy_search import Found, GreedySearch
from nemo_voice_stt.backends.transducer_ctc.native_library import NoLibrary
from nemo_voice_stt.backends.transducer_ctc.phrase_boosting import STRENGTH, Hotwords, PhraseTrees
from nemo_voice_stt.backends.transducer_ctc.search_network import (
    UnknownNetwork,
    network_of,
    projected,
    state_before,
)
from nemo_voice_stt.backends.transducer_ctc.tokens import Token
from nemo_voice_stt.backends.transducer_ctc.vocabulary import Vocabulary

logger = logging.getLogger(__name__)

DEFAULT_MAX_SYMBOLS = 10
"""Most tokens from one encoder frame, where the checkpoint does not say; a graph needs a bound."""


class TransducerDecoder(FrameDecoder):
    """Decodes with the prediction and joint networks of a model."""

    is_rounded = True

    def __init__(self, model: Any, vocabulary: Vocabulary, *, use_cuda_graphs: bool) -> None:
        model.change_decoding_strategy(
            _decoding_of(model.cfg.decoding, use_cuda_graphs=use_cuda_graphs), verbose=False
        )
        self._model = model
        self._vocabulary = vocabulary
        self.modules = (model.decoder, model.joint)

    @override
    def decode(
        self, frames: torch.Tensor, frame_lengths: torch.Tensor, hotwords: Sequence[Hotwords]
    ) -> list[Tokens]:
        return decode_apart(frames, frame_lengths, hotwords, self._plainly, self._with_hotwords)

    @override
    def graph_mode(self) -> str:
        mode = None
        if self._device_type == "cuda":
            computer = getattr(self._model.decoding.decoding, "decoding_computer", None)
            mode = getattr(computer, "cuda_graphs_mode", None)
        return "none" if mode is None else str(getattr(mode, "value", mode))

    @cached_property
    def boosted(self) -> "BoostedDecoder":
        """The decoder with hotwords, made for the first: it reserves 70 MB, which few need."""
        with torch.inference_mode(mode=False):
            return BoostedDecoder(self._model, self._vocabulary)

    @cached_property
    def native(self) -> GreedySearch | None:
        """Our own search, made at the first use, when the networks have settled; on a CPU alone."""
        if self._device_type != "cpu":
            return None
        try:
            return GreedySearch(network_of(self._model), state_before(self._model))
        except (NoLibrary, UnknownNetwork) as error:
            logger.warning("decodes slowly, as NeMo does", extra={"reason": str(error)})
            return None

    @property
    def _device_type(self) -> str:
        return str(next(self._model.joint.parameters()).device.type)

    def _plainly(self, frames: torch.Tensor, frame_lengths: torch.Tensor) -> list[Tokens]:
        if self.native is not None:
            found = self.native.search(projected(self._model, frames), frame_lengths.tolist())
            return [tokens_of(row, self._vocabulary.pieces) for row in found]
        return self._tokens_of(
            self._model.decoding.rnnt_decoder_predictions_tensor(
                frames, frame_lengths, return_hypotheses=True
            ),
            frames,
        )

    def _with_hotwords(
        self, frames: torch.Tensor, frame_lengths: torch.Tensor, hotwords: Sequence[Hotwords]
    ) -> list[Tokens]:
        return self._tokens_of(self.boosted.decode(frames, frame_lengths, hotwords), frames)

    def _tokens_of(self, hypotheses: list[Any], frames: torch.Tensor) -> list[Tokens]:
        numbers = [_listed(hypothesis.y_sequence) for hypothesis in hypotheses]
        starts = [_listed(hypothesis.timestamp) for hypothesis in hypotheses]
        emitted = emissions(self._model, frames, numbers, starts)
        return [
            self._tokens(
                numbers[row],
                starts[row],
                emitted[row],
                hypothesis.non_blank_step_confidence_precomputed,
            )
            for row, hypothesis in enumerate(hypotheses)
        ]

    def _tokens(
        self,
        numbers: list[int],
        starts: list[int],
        emitted: list[Emission],
        confidences: list[float] | None,
    ) -> Tokens:
        known: Sequence[float | None] = confidences or [None] * len(numbers)
        pieces = self._vocabulary.pieces
        return tuple(
            Token(number, pieces[number], start, start + one.frames, certain, one.logprob)
            for number, start, one, certain in zip(numbers, starts, emitted, known, strict=True)
        )


def tokens_of(found: Found, pieces: Sequence[str]) -> Tokens:
    """Returns what our own search found in one row as tokens, spelled by their pieces."""
    return tuple(
        Token(number, pieces[number], start, start + lasting, certain, logprob)
        for number, start, lasting, certain, logprob in zip(
            found.numbers,
            found.starts,
            found.lasting,
            found.confidences,
            found.logprobs,
            strict=True,
        )
    )


class BoostedDecoder:
    """Decodes encoder frames with hotwords, beside the usual decoder.

    Rows without hotwords are then decoded as ever, and no CUDA graph is captured again for a
    hotword.
    """

    def __init__(self, model: Any, vocabulary: Vocabulary) -> None:
        """Takes the model; not in inference mode, since the trees' storage is changed later."""
        ours = {"greedy": {"enable_per_stream_biasing": True, "use_cuda_graph_decoder": False}}
        self._decoding = decoding_beside(model, ours)
        self.storage = self._decoding.decoding.decoding_computer.biasing_multi_model
        """Where the trees of a batch lie while it is decoded."""
        self.trees = PhraseTrees(vocabulary)

    def decode(
        self, frames: torch.Tensor, frame_lengths: torch.Tensor, hotwords: Sequence[Hotwords]
    ) -> list[Any]:
        """Returns NeMo's hypothesis of each row, decoded with the row's hotwords."""
        requests: list[BiasingRequestItemConfig | None] = []
        try:
            # Inside: should one fail, those before it are taken away again.
            requests.extend(map(self._request, hotwords))
            hypotheses: list[Any] = self._decoding.rnnt_decoder_predictions_tensor(
                frames,
                frame_lengths,
                return_hypotheses=True,
                partial_hypotheses=[_empty(request) for request in requests],
            )
        finally:
            for request in filter(None, requests):
                request.remove_from_multi_model(self.storage)
        return hypotheses

    def _request(self, hotwords: Hotwords) -> BiasingRequestItemConfig | None:
        tree = self.trees.tree_of(hotwords)
        if tree is None:
            return None
        request = BiasingRequestItemConfig()
        # Outside of inference mode: the trees' common storage is changed in place, later.
        with torch.inference_mode(mode=False):
            request.multi_model_id = self.storage.add_model(tree, alpha=STRENGTH)
        return request


def decoding_beside(model: Any, changes: dict[str, Any]) -> Any:
    """Returns NeMo's decoding with the model's networks, beside the model's own.

    Args:
        model: The transducer, whose decoding is set up already.
        changes: What is different in its configuration.
    """
    config = OmegaConf.create(OmegaConf.to_container(model.cfg.decoding, resolve=True))
    decoding: DictConfig = OmegaConf.merge(config, changes)
    parts = {"decoding_cfg": decoding, "decoder": model.decoder, "joint": model.joint}
    if getattr(model, "tokenizer", None) is None:
        return RNNTDecoding(vocabulary=model.joint.vocabulary, **parts)
    return RNNTBPEDecoding(tokenizer=model.tokenizer, **parts)


def _empty(request: BiasingRequestItemConfig | None) -> Any:
    # Nothing to merge what is decoded with, so that it is kept as it comes.
    return Hypothesis(score=0.0, y_sequence=None, timestamp=None, biasing_cfg=request)


def _listed(values: Any) -> list[int]:
    return [int(value) for value in (values.tolist() if torch.is_tensor(values) else values)]


def _decoding_of(stored: DictConfig, *, use_cuda_graphs: bool) -> DictConfig:
    ours = {
        "strategy": "greedy_batch",
        "compute_timestamps": False,  # word_times.py computes them, from emissions.py
        "tdt_include_token_duration": False,
        "preserve_alignments": False,
        "greedy": {
            "max_symbols": OmegaConf.select(stored, "greedy.max_symbols") or DEFAULT_MAX_SYMBOLS,
            "use_cuda_graph_decoder": use_cuda_graphs,
        },
        "confidence_cfg": {
            "preserve_frame_confidence": True,
            "exclude_blank": True,
            "method_cfg": CONFIDENCE,
        },
    }
    decoding = OmegaConf.create(OmegaConf.to_container(stored, resolve=True))
    OmegaConf.set_struct(decoding, value=False)
    return OmegaConf.merge(decoding, ours)
