"""The recogniser as NeMo builds it, and the files it is kept in.

A *base* is a plain `.nemo` file of the right shape; training keeps its weights apart and `package`
joins the two into the file that ships, weights in half precision.
"""

import io
import logging
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from recipe.asr.config import configuration
from recipe.files import written_whole

VOCABULARY = 256


def quiet_nemo() -> None:
    """Keeps NeMo's log to errors: it writes pages about data sets that are not given."""
    from nemo.utils import logging as nemo_logging  # noqa: PLC0415

    nemo_logging.setLevel(logging.ERROR)


def load(path: Path) -> Any:
    """Returns a recogniser from a `.nemo` file."""
    from nemo.collections.asr.models import EncDecRNNTBPEModel  # noqa: PLC0415

    quiet_nemo()
    return EncDecRNNTBPEModel.restore_from(str(path), map_location="cpu")


def write_tokenizer(folder: Path, texts: Iterable[str]) -> None:
    """Trains a byte-pair tokenizer on texts, in the folder layout that NeMo reads."""
    import sentencepiece  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(texts))
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=VOCABULARY,
        model_type="bpe",
        character_coverage=1.0,
        # the usual Unicode table is 240 kB that a-z has no use for
        normalization_rule_name="identity",
        bos_id=-1,
        eos_id=-1,
        unk_id=0,
        num_threads=1,
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    names = [pieces.id_to_piece(i) for i in range(1, pieces.get_piece_size())]
    listed = (name[1:] if name.startswith("\u2581") else f"##{name}" for name in names)
    (folder / "vocab.txt").write_text("".join(f"{name}\n" for name in listed))


def new_base(path: Path, tokenizer: Path, layers: int) -> None:
    """Writes an untrained recogniser of the shipped shape."""
    from nemo.collections.asr.models import EncDecRNNTBPEModel  # noqa: PLC0415

    quiet_nemo()
    EncDecRNNTBPEModel(cfg=configuration(tokenizer, layers)).save_to(str(path))


def grown_base(path: Path, origin: Path, frames: torch.Tensor, layers: int) -> None:
    """Writes a trained recogniser with more encoder layers, which at first change next to nothing.

    A layer ends in a normalisation, so the new one's is set to give back what comes in, on average.

    Args:
        path: The file to write.
        origin: The trained recogniser.
        frames: Normalised features (batch, bands, frames) to measure the average with.
        layers: How many layers the result has.
    """
    import copy  # noqa: PLC0415

    from omegaconf import open_dict  # noqa: PLC0415

    model = load(origin).eval()
    lengths = torch.full((len(frames),), frames.shape[2])
    while len(model.encoder.layers) < layers:
        with torch.no_grad():
            encoded, _ = model.encoder(audio_signal=frames, length=lengths)
            layer = copy.deepcopy(model.encoder.layers[-1])
            for last in (
                layer.feed_forward1.linear2,
                layer.feed_forward2.linear2,
                layer.self_attn.linear_out,
                layer.conv.pointwise_conv2,
            ):
                for parameter in last.parameters():
                    parameter.zero_()
            layer.norm_out.weight.fill_(float(encoded.std(1).mean()))
            layer.norm_out.bias.fill_(float(encoded.mean(1).mean()))
        model.encoder.layers.append(layer)
        with open_dict(model.cfg):
            model.cfg.encoder.n_layers = len(model.encoder.layers)
    model.save_to(str(path))


def package(base: Path, weights: dict[str, torch.Tensor], target: Path) -> None:
    """Writes the `.nemo` file that ships: the base's configuration and tokenizer, these weights.

    Weights are halved in precision, but for the features' tables and the batch statistics.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with tarfile.open(base) as archive:
            archive.extractall(folder, filter="data")
        checkpoint = next(folder.rglob("*.ckpt"))
        torch.save({key: _halved(key, value) for key, value in weights.items()}, checkpoint)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:") as archive:
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    archive.add(file, arcname=f"./{file.relative_to(folder)}")
    with written_whole(target) as file:
        file.write_bytes(packed.getvalue())


def _halved(key: str, value: torch.Tensor) -> torch.Tensor:
    exact = key.startswith("preprocessor") or "running_" in key or not value.is_floating_point()
    return (value if exact else value.half()).detach().cpu().contiguous()
