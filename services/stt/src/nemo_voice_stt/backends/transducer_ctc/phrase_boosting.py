"""The trees of phrases with which NeMo's decoders prefer hotwords.

`transducer.py` and `ctc.py` decode with them, each row of a batch with its own.
"""

from functools import lru_cache

import torch
from nemo.collections.asr.parts.context_biasing.boosting_graph_batched import (
    BoostingTreeModelConfig,
    GPUBoostingTreeModel,
)

from nemo_voice_stt.backends.transducer_ctc.vocabulary import Vocabulary

STRENGTH = 1.0
"""Weight of a hotword against the acoustic evidence."""
_TREES_KEPT = 64
"""A long recording needs its tree once for each of its pieces."""

Hotwords = tuple[str, ...]


class PhraseTrees:
    """Makes the tree of a list of hotwords, and keeps the latest."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.tree_of = lru_cache(maxsize=_TREES_KEPT)(self._built)
        """Returns the tree of hotwords; None where the vocabulary spells none of them."""

    def _built(self, hotwords: Hotwords) -> GPUBoostingTreeModel | None:
        vocabulary = self._vocabulary
        texts = {phrase if vocabulary.is_cased else phrase.lower() for phrase in hotwords}
        known = sorted(text for text in texts if vocabulary.can_spell(text))
        if not known:
            return None
        config = BoostingTreeModelConfig(key_phrases_list=known, use_triton=False)
        # Outside of inference mode: a transducer's trees share storage that is changed later.
        with torch.inference_mode(mode=False):
            return GPUBoostingTreeModel.from_config(config, tokenizer=vocabulary.tokenizer)
