"""Recognisers of NVIDIA's sizes with random weights, for measuring speed.

What it computes is nonsense; how long it takes is not. Its tokenizer is the demo recogniser's.
"""

import argparse
import os
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

DEMO_CHECKPOINT = Path(__file__).resolve().parents[1] / "models/demo/fastconformer-tdt.nemo"
CACHE = Path(os.environ.get("NEMO_VOICE_DEV_CACHE", Path.home() / ".cache" / "nemo-voice"))
SEED = 110
"""Of the weights: every machine measures the same nonsense."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a recogniser is."""

    name: str
    """As NVIDIA's checkpoints are called, by the number of weights."""
    layers: int
    width: int
    mels: int
    prediction_layers: int
    """LSTM layers of the decoder."""


SMALL = Size("110m", layers=17, width=512, mels=80, prediction_layers=1)
"""That of parakeet-tdt_ctc-110m and of the `large` FastConformers."""
MEDIUM = Size("0.6b", layers=24, width=1024, mels=128, prediction_layers=2)
"""That of parakeet-tdt-0.6b-v2 and v3; their vocabularies are larger than the demo's."""
LARGE = Size("1.1b", layers=42, width=1024, mels=80, prediction_layers=2)
"""That of parakeet-tdt-1.1b, a FastConformer-XXL."""
SIZES = {size.name: size for size in (SMALL, MEDIUM, LARGE)}
LIVE = {
    "causal_downsampling": True,
    "att_context_style": "chunked_limited",
    "att_context_size": [[70, 13], [70, 6], [70, 1], [70, 0]],
    "conv_context_size": "causal",
    "conv_norm_type": "layer_norm",
}
"""What makes an encoder cache-aware."""
FRAMES_PER_TOKEN = 4
"""Encoder frames of 80 ms from one token to the next; the joint network knows durations 0 to 4."""


def make_random_checkpoint(path: Path | None = None, size: Size = SMALL) -> Path:
    """Returns the checkpoint's path, written when it is not there yet; by default in the cache."""
    path = path or CACHE / "benchmarks" / f"random-{size.name}.nemo"
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        model = random_model(Path(scratch), size)
        unfinished = Path(scratch) / path.name
        model.save_to(str(unfinished))
        unfinished.replace(path)
    return path


def random_model(scratch: Path, size: Size = SMALL, *, is_live: bool = False) -> Any:
    """Returns a FastConformer-TDT of that size, its artifacts unpacked in a folder.

    Args:
        scratch: The folder.
        size: How large it is.
        is_live: Whether its encoder is one for live audio, as NVIDIA publishes them.
    """
    # Imported here: importing NeMo takes ten seconds, and a checkpoint may already lie there.
    import torch  # noqa: PLC0415
    from nemo.collections.asr.models import EncDecRNNTBPEModel  # noqa: PLC0415

    with tarfile.open(DEMO_CHECKPOINT) as archive:
        archive.extractall(scratch, filter="data")
    config = OmegaConf.load(scratch / "model_config.yaml")
    if not isinstance(config, DictConfig):
        raise TypeError(f"{DEMO_CHECKPOINT} holds no model configuration")
    with open_dict(config):
        _enlarge(config, size, scratch)
        if is_live:
            config.encoder.update(LIVE)
            config.preprocessor.normalize = "NA"
    torch.manual_seed(SEED)
    model = EncDecRNNTBPEModel(cfg=config)
    _make_it_talk(model)
    return model.eval()


def _enlarge(config: DictConfig, size: Size, artifacts: Path) -> None:
    width = 640
    config.model_defaults.update(enc_hidden=size.width, pred_hidden=width, joint_hidden=width)
    config.preprocessor.features = size.mels
    config.encoder.update(
        feat_in=size.mels,
        n_layers=size.layers,
        d_model=size.width,
        n_heads=8,
        subsampling_conv_channels=256,
        conv_kernel_size=9,
    )
    config.decoder.prednet.update(pred_hidden=width, pred_rnn_layers=size.prediction_layers)
    config.joint.jointnet.update(joint_hidden=width, encoder_hidden=size.width, pred_hidden=width)
    tokenizer = config.tokenizer
    for name, value in list(tokenizer.items()):
        if isinstance(value, str) and value.startswith("nemo:"):
            tokenizer[name] = str(artifacts / value.removeprefix("nemo:"))
    tokenizer.dir = str(artifacts)


def _make_it_talk(model: Any) -> None:
    """Sets the biases so that it emits a token every four frames: three a second, as in speech.

    With random ones nearly every frame would emit as many tokens as it may, or none would, and
    decoding would take far longer, or shorter, than a trained model's.
    """
    bias = model.joint.joint_net[-1].bias.data
    blank = model.decoder.blank_idx
    bias[blank] -= 100.0
    bias[blank + 1 + FRAMES_PER_TOKEN] += 100.0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", choices=SIZES, nargs="?", default=SMALL.name)
    made = make_random_checkpoint(size=SIZES[parser.parse_args().size])
    sys.stdout.write(f"{made}\n")
