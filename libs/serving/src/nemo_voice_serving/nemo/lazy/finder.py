"""Which modules of NeMo, and of what it imports, are loaded at their first use; and the hook.

`install` must run before NeMo is imported. What was imported before it stays as it is.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import MappingProxyType, ModuleType

from typing_extensions import override

from nemo_voice_serving.nemo.lazy.deferred import (
    DeferringLoader,
    is_deferred,
    load,
    spec_of_loaded,
)
from nemo_voice_serving.nemo.lazy.reexports import ReexportingLoader

REEXPORTING = (
    "nemo.collections",
    "nemo_text_processing.text_normalization",
    "torchmetrics",
    "lightning",
)
"""Packages, with those below them, whose `__init__` files pass names on."""

REGISTERING = frozenset({"nemo.collections.common.prompts"})
"""Packages below them that do more: their modules register what they define when they are imported,
and others look it up by name."""

DEFERRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # torch's compiler, with sympy and triton: torch itself imports it at its first use.
        "torch._dynamo": ("OptimizedModule",),
        # matplotlib, for the plots of metrics.
        "torchmetrics.utilities.plot": ("_AX_TYPE", "_PLOT_OUT_TYPE", "plot_single_or_multi_val"),
        # torchmetrics asks whether it has this name, and gives it one if not.
        "scipy.signal": ("hamming",),
        # The matching of speakers, in the metrics of diarization.
        "scipy.ndimage": (),
        "scipy.optimize": ("linear_sum_assignment",),
        # Progress bars and telemetry of training.
        "lightning.pytorch.callbacks.progress.rich_progress": (
            "RichProgressBar",
            "_RICH_AVAILABLE",
        ),
        "nemo.lightning.one_logger_callback": ("OneLoggerNeMoCallback",),
        # Data sets for training, and what they are made with.
        "lhotse": ("SupervisionSegment",),
        "lhotse.serialization": ("open_best",),
        "nemo.collections.asr.data.audio_to_text_lhotse": ("LhotseSpeechToTextBpeDataset",),
        "nemo.collections.asr.data.huggingface.hf_audio_to_text_dataset": (
            "get_hf_audio_to_text_bpe_dataset",
            "get_hf_audio_to_text_char_dataset",
        ),
        "nemo.collections.common.data.lhotse.dataloader": ("get_lhotse_dataloader_from_config",),
        # Losses of training, and numba, which compiles them.
        "nemo.collections.asr.parts.numba.rnnt_loss": (
            "MultiblankRNNTLossNumba",
            "RNNTLossNumba",
            "TDTLossNumba",
        ),
        "nemo.collections.asr.parts.utils.numba_utils": (),
        # Kernels for language models on a GPU, which Triton compiles.
        "nemo.collections.asr.parts.submodules.ngram_lm.ngram_lm_triton": (
            "ngram_advance_triton_kernel",
            "ngram_multi_advance_triton_kernel",
        ),
        "triton": (),
        "numba": (),
        "pandas": (),
        "onnx": (),
        "wandb": (),
        # Words to phonemes by NLTK's dictionary, where a voice has none of its own.
        "nltk": (),
        # Tokenizers of language models.
        "transformers": ("AutoTokenizer", "PreTrainedTokenizerBase"),
        # The normalisation of texts, which is in processes of its own.
        "nemo_text_processing.text_normalization.normalize": ("Normalizer",),
    }
)
"""Modules that are loaded at their first use, with the names that are taken of them before."""


class LazyFinder(MetaPathFinder):
    """Finds the modules above before the import system does."""

    def __init__(
        self,
        reexporting: Sequence[str] = REEXPORTING,
        deferred: Mapping[str, tuple[str, ...]] = DEFERRED,
    ) -> None:
        """Takes the packages and modules; see `REEXPORTING` and `DEFERRED`."""
        self._roots = tuple(f"{package}." for package in reexporting)
        self._deferred = deferred

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        parent = sys.modules.get(fullname.rpartition(".")[0])
        if parent is not None and is_deferred(parent) and fullname not in self._deferred:
            was_loaded = fullname in sys.modules
            # The import system has locked this module, and the thread that loads the package may
            # want it next: what waits for that thread here is never woken.
            load(parent, waits=False)
            if not was_loaded and (loaded := sys.modules.get(fullname)):
                return spec_of_loaded(loaded)
        is_reexporting = f"{fullname}.".startswith(self._roots) and fullname not in REGISTERING
        if not is_reexporting and fullname not in self._deferred:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader):
            return spec
        if is_reexporting and spec.submodule_search_locations:
            spec.loader = ReexportingLoader(spec.loader.name, spec.loader.path)
        if fullname in self._deferred:
            spec.loader = DeferringLoader(spec.loader, self._deferred[fullname])
        return spec


def install() -> None:
    """Puts the finder before the others, once."""
    if not any(isinstance(finder, LazyFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, LazyFinder())
