"""Decoding that prefers hotwords, each row of a batch its own: NeMo's phrase boosting.

`decoding_pipeline.py` calls it for the rows that have hotwords. It is a decoder beside the usual
one, so that rows without hotwords are decoded as ever, and no CUDA graph is captured again for a
hotword.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from nemo.collections.asr.parts.context_biasing.biasing_multi_model import BiasingRequestItemConfig
from nemo.collections.asr.parts.context_biasing.boosting_graph_batched import (
    BoostingTreeModelConfig,
    GPUBoostingTreeModel,
)
from nemo.collections.asr.parts.submodules.rnnt_decoding import RNNTBPEDecoding
from nemo.collections.asr.parts.utils.rnnt_utils import Hypothesis
from omegaconf import DictConfig, OmegaConf

STRENGTH = 1.0
"""Weight of a hotword against the acoustic evidence."""
_TREES_KEPT = 64
"""A long recording needs its tree once for each of its pieces."""

Hotwords = tuple[str, ...]


class BoostedDecoder:
    """Decodes encoder frames with hotwords; on the device thread only."""

    def __init__(self, model: Any) -> None:
        """Takes the model; not in inference mode, since the trees' storage is changed later."""
        config = OmegaConf.create(OmegaConf.to_container(model.cfg.decoding, resolve=True))
        ours = {"greedy": {"enable_per_stream_biasing": True, "use_cuda_graph_decoder": False}}
        decoding: DictConfig = OmegaConf.merge(config, ours)
        self._decoding = RNNTBPEDecoding(
            decoding_cfg=decoding,
            decoder=model.decoder,
            joint=model.joint,
            tokenizer=model.tokenizer,
        )
        self._trees = self._decoding.decoding.decoding_computer.biasing_multi_model
        self._tokenizer = model.tokenizer
        pieces = model.tokenizer.ids_to_tokens(list(range(model.tokenizer.vocab_size)))
        self._is_cased = any(piece != piece.lower() for piece in pieces if piece != "<unk>")
        self._tree_of = lru_cache(maxsize=_TREES_KEPT)(self._built)

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
                request.remove_from_multi_model(self._trees)
        return hypotheses

    def _request(self, hotwords: Hotwords) -> BiasingRequestItemConfig | None:
        tree = self._tree_of(hotwords)
        if tree is None:
            return None
        request = BiasingRequestItemConfig()
        # Outside of inference mode: the trees' common storage is changed in place, later.
        with torch.inference_mode(mode=False):
            request.multi_model_id = self._trees.add_model(tree, alpha=STRENGTH)
        return request

    def _built(self, hotwords: Hotwords) -> GPUBoostingTreeModel | None:
        texts = {phrase if self._is_cased else phrase.lower() for phrase in hotwords}
        known = sorted(text for text in texts if self._can_spell(text))
        if not known:
            return None
        config = BoostingTreeModelConfig(key_phrases_list=known, use_triton=False)
        with torch.inference_mode(mode=False):
            return GPUBoostingTreeModel.from_config(config, tokenizer=self._tokenizer)

    def _can_spell(self, text: str) -> bool:
        numbers = self._tokenizer.text_to_ids(text)
        return bool(numbers) and self._tokenizer.ids_to_text(numbers).split() == text.split()


def _empty(request: BiasingRequestItemConfig | None) -> Any:
    # Nothing to merge what is decoded with, so that it is kept as it comes.
    return Hypothesis(score=0.0, y_sequence=None, timestamp=None, biasing_cfg=request)
