"""Recognisers of every family as NVIDIA publishes them, small, with random weights from a seed.

Each is NeMo's own class, built from the published configuration with fewer and narrower layers,
and saved by NeMo as a .nemo file. What they write is nonsense, and the same each time.
"""

import copy
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from omegaconf import OmegaConf

Config = dict[str, Any]

_ASR = "nemo.collections.asr"
WIDTH, PREDICTION = 32, 16
PROMPTS = {"en-US": 0, "en-GB": 1, "es-ES": 2, "es-US": 3, "de-DE": 4, "ja-JP": 5, "auto": 7}
PROMPT_COUNT = 8
SIGNALS = ("<EOU>", "<EOB>", "<en-US>")
"""Tokens that are no words, as published vocabularies have them."""
CHARACTERS = [" ", *"abcdefghijklmnopqrstuvwxyz'"]
_TEXTS = (
    "the quick brown fox jumps over the lazy dog",
    "¿qué hora es? ¡hola! cuesta $ 5, dijo (ayer): «sí»",
    'she said: "hello" and left; it was 9 o\'clock.',
    "今日はいい天気です。「東京」に行きます。",
)
_PREPROCESSOR = {
    "_target_": f"{_ASR}.modules.AudioToMelSpectrogramPreprocessor",
    "sample_rate": 16000,
    "normalize": "per_feature",
    "window_size": 0.025,
    "window_stride": 0.01,
    "window": "hann",
    "features": 80,
    "n_fft": 512,
    "log": True,
    "dither": 1e-5,
    "pad_to": 0,
}
_CONFORMER: Config = {
    "_target_": f"{_ASR}.modules.ConformerEncoder",
    "feat_in": 80,
    "feat_out": -1,
    "n_layers": 2,
    "d_model": WIDTH,
    "subsampling": "dw_striding",
    "subsampling_factor": 8,
    "subsampling_conv_channels": 16,
    "causal_downsampling": False,
    "ff_expansion_factor": 4,
    "self_attention_model": "rel_pos",
    "n_heads": 4,
    "att_context_size": [-1, -1],
    "att_context_style": "regular",
    "xscaling": True,
    "untie_biases": True,
    "pos_emb_max_len": 5000,
    "conv_kernel_size": 9,
    "conv_norm_type": "batch_norm",
    "conv_context_size": None,
    "dropout": 0.1,
}
LIVE_ENCODER: Config = {
    "causal_downsampling": True,
    "att_context_style": "chunked_limited",
    "att_context_size": [[70, 0], [70, 1], [70, 6], [70, 13]],
    "conv_context_size": "causal",
    "conv_norm_type": "layer_norm",
}
_UNIFIED: Config = {
    "att_context_style": "chunked_limited_with_rc",
    "att_chunk_context_size": [[70], [1, 2, 7, 13], [0, 1, 2, 3, 4, 7, 13]],
    "conv_context_style": "dcc",
}
"""As `nvidia/parakeet-unified-en-0.6b` has them."""


def _quartznet() -> Config:
    def block(filters: int, kernel: int, stride: int = 1, *, repeat: int = 1) -> Config:
        return {
            "filters": filters,
            "repeat": repeat,
            "kernel": [kernel],
            "stride": [stride],
            "dilation": [1],
            "dropout": 0.0,
            "residual": repeat > 1,
            "separable": True,
            "se": repeat > 1,
            "se_context_size": -1,
        }

    blocks = [block(WIDTH, 11, 2), block(WIDTH, 13, repeat=2), block(WIDTH, 1)]
    return {
        "_target_": f"{_ASR}.modules.ConvASREncoder",
        "feat_in": 80,
        "activation": "relu",
        "conv_mask": True,
        "jasper": blocks,
    }


def _ctc_layer(labels: list[str]) -> Config:
    return {
        "_target_": f"{_ASR}.modules.ConvASRDecoder",
        "feat_in": WIDTH,
        "num_classes": len(labels) or -1,
        "vocabulary": labels,
    }


def _base(target: str, encoder: Config) -> Config:
    preprocessor = copy.deepcopy(_PREPROCESSOR)
    if encoder.get("att_context_style") == "chunked_limited":
        preprocessor["normalize"] = "NA"  # of live audio nobody knows the mean of the whole
    return {
        "target": f"{_ASR}.models.{target}",
        "sample_rate": 16000,
        "model_defaults": {
            "enc_hidden": WIDTH,
            "pred_hidden": PREDICTION,
            "joint_hidden": PREDICTION,
        },
        "preprocessor": preprocessor,
        "encoder": copy.deepcopy(encoder),
        "optim": {"name": "adamw", "lr": 1e-3},
    }


def _transducer(config: Config, *, durations: list[int] | None, labels: list[str]) -> Config:
    extra = len(durations or [])
    config["decoder"] = {
        "_target_": f"{_ASR}.modules.RNNTDecoder",
        "normalization_mode": None,
        "random_state_sampling": False,
        "blank_as_pad": True,
        "vocab_size": len(labels),
        "prednet": {
            "pred_hidden": PREDICTION,
            "pred_rnn_layers": 1,
            "t_max": None,
            "dropout": 0.1,
        },
    }
    config["joint"] = {
        "_target_": f"{_ASR}.modules.RNNTJoint",
        "log_softmax": None,
        "fuse_loss_wer": True,
        "fused_batch_size": 4,
        "num_classes": len(labels),
        "vocabulary": labels,
        "num_extra_outputs": extra,
        "jointnet": {
            "encoder_hidden": WIDTH,
            "pred_hidden": PREDICTION,
            "joint_hidden": PREDICTION,
            "activation": "relu",
            "dropout": 0.1,
        },
    }
    config["decoding"] = {"strategy": "greedy_batch", "greedy": {"max_symbols": 3}}
    config["loss"] = {"loss_name": "default", "warprnnt_numba_kwargs": {"fastemit_lambda": 0.0}}
    if durations is not None:
        config["model_defaults"] |= {"tdt_durations": durations, "num_tdt_durations": extra}
        config["decoding"] |= {"model_type": "tdt", "durations": durations}
        config["loss"] = {
            "loss_name": "tdt",
            "tdt_kwargs": {
                "fastemit_lambda": 0.0,
                "durations": durations,
                "sigma": 0.02,
                "omega": 0.1,
            },
        }
    return config


def _hybrid(config: Config, labels: list[str]) -> Config:
    config["aux_ctc"] = {
        "ctc_loss_weight": 0.3,
        "use_cer": False,
        "ctc_reduction": "mean_batch",
        "decoder": _ctc_layer(labels),
        "decoding": {"strategy": "greedy"},
    }
    return config


def _prompted(config: Config, prompts: dict[str, int]) -> Config:
    config["model_defaults"] |= {
        "initialize_prompt_feature": True,
        "num_prompts": PROMPT_COUNT,
        "prompt_dictionary": dict(prompts),  # of its own: tests change it
    }
    return config


def _of(module: str, name: str) -> str:
    return f"{module}.{name}"


_BPE = _of("rnnt_bpe_models", "EncDecRNNTBPEModel")
_HYBRID_BPE = _of("hybrid_rnnt_ctc_bpe_models", "EncDecHybridRNNTCTCBPEModel")
_DURATIONS = [0, 1, 2, 3, 4]


def _rnnt(
    target: str = _BPE, encoder: Config | None = None, *, tdt: bool = False, chars: bool = False
) -> Config:
    durations = _DURATIONS if tdt else None
    config = _base(target, _CONFORMER | (encoder or {}))
    return _transducer(config, durations=durations, labels=CHARACTERS if chars else [])


def _characters(config: Config) -> Config:
    config["labels"] = CHARACTERS
    return config


def _ctc(target: str, encoder: Config, labels: list[str]) -> Config:
    return _base(target, encoder) | {
        "decoder": _ctc_layer(labels),
        "decoding": {"strategy": "greedy_batch"},
    }


MADE: dict[str, Callable[[], Config]] = {
    "parakeet-tdt": partial(_rnnt, tdt=True),
    "parakeet-rnnt": _rnnt,
    "conformer-transducer-characters": lambda: _characters(
        _rnnt(_of("rnnt_models", "EncDecRNNTModel"), chars=True)
    ),
    "parakeet-ctc": lambda: _ctc(_of("ctc_bpe_models", "EncDecCTCModelBPE"), _CONFORMER, []),
    "quartznet-ctc": lambda: _ctc(_of("ctc_models", "EncDecCTCModel"), _quartznet(), CHARACTERS),
    "parakeet-tdt_ctc": lambda: _hybrid(_rnnt(_HYBRID_BPE, tdt=True), []),
    "hybrid-characters": lambda: _hybrid(
        _characters(_rnnt(_of("hybrid_rnnt_ctc_models", "EncDecHybridRNNTCTCModel"), chars=True)),
        CHARACTERS,
    ),
    "multilingual": lambda: _hybrid(_rnnt(_HYBRID_BPE) | {"tokenizer": {"type": "agg"}}, []),
    "streaming-multi": lambda: _hybrid(_rnnt(_HYBRID_BPE, LIVE_ENCODER), []),
    "nemotron-streaming": partial(_rnnt, _BPE, LIVE_ENCODER),
    "parakeet-unified": partial(_rnnt, _BPE, _UNIFIED),
    "nemotron-prompted": lambda: _prompted(
        _rnnt(_of("rnnt_bpe_models_prompt", "EncDecRNNTBPEModelWithPrompt"), LIVE_ENCODER), PROMPTS
    ),
    "hybrid-prompted": lambda: _prompted(
        _hybrid(
            _rnnt(
                _of("hybrid_rnnt_ctc_bpe_models_prompt", "EncDecHybridRNNTCTCBPEModelWithPrompt")
            ),
            [],
        ),
        PROMPTS,
    ),
    "parakeet-eou": partial(_rnnt, _of("asr_eou_models", "EncDecRNNTBPEEOUModel"), LIVE_ENCODER),
    "hybrid-eou": lambda: _hybrid(
        _rnnt(_of("asr_eou_models", "EncDecHybridRNNTCTCBPEEOUModel"), LIVE_ENCODER), []
    ),
}
"""The configuration of each look-alike, by the published checkpoint it looks like."""


def saved(name: str, folder: Path, *, change: Callable[[Config], None] | None = None) -> Path:
    """Returns the .nemo file of a look-alike, made in the folder if it is not there.

    Args:
        name: One of `MADE`.
        folder: Where the file, and what it is made of, lie.
        change: Changes the configuration; the file is then made anew.
    """
    path = folder / f"{name}.nemo"
    if path.is_file() and change is None:
        return path
    from nemo.collections.asr.models import ASRModel  # noqa: PLC0415 ten seconds

    config = MADE[name]()
    if change is not None:
        change(config)
    if "labels" not in config and not config.get("decoder", {}).get("vocabulary"):
        own: Config = {"dir": str(_tokenizer(folder)), "type": "bpe"}
        is_aggregate = config.get("tokenizer", {}).get("type") == "agg"
        langs = {"en": own, "es": dict(own)}
        config["tokenizer"] = {"type": "agg", "langs": langs} if is_aggregate else own
    torch.manual_seed(7)
    model = ASRModel.from_config_dict(OmegaConf.create(config))
    _liven(model)
    model.save_to(str(path))
    return path


def unpacked(path: Path) -> Path:
    """Returns the directory beside a .nemo file with what is in it."""
    directory = path.with_suffix("")
    if not directory.is_dir():
        with tarfile.open(path) as archive:
            archive.extractall(directory, filter="data")
    return directory


def _liven(model: Any) -> None:
    """Makes what is written depend on what is heard: fresh weights always say the same.

    Each layer that reads the encoder has the encoder's mean taken away, and is made steeper.
    """
    model.eval()
    sound = torch.randn(1, 4 * 16000) * torch.rand(1, 40).repeat_interleave(1600, dim=1)
    with torch.no_grad():
        features, lengths = model.preprocessor(
            input_signal=sound, length=torch.tensor([sound.shape[1]])
        )
        frames, _ = model.encoder(audio_signal=features, length=lengths)
        if getattr(model, "concat", False):
            model.prompt_kernel[2].weight.mul_(4.0)
            prompt = torch.nn.functional.one_hot(torch.zeros(1, dtype=int), PROMPT_COUNT)
            prompt = prompt.unsqueeze(1).expand(-1, frames.shape[2], -1)
            mixed = torch.cat([frames.transpose(1, 2), prompt], dim=-1)
            frames = model.prompt_kernel(mixed).transpose(1, 2)
        mean, spread = frames.mean(dim=2).squeeze(0), frames.std(dim=2).mean()
        for name in ("decoder", "ctc_decoder"):
            layers = getattr(getattr(model, name, None), "decoder_layers", None)
            if layers is not None:
                layers[0].weight.mul_(6.0 / spread)
                layers[0].bias.copy_(-(layers[0].weight.squeeze(-1) @ mean))
        if hasattr(model, "joint"):
            model.joint.enc.weight.mul_(4.0 / spread)
            model.joint.enc.bias.copy_(-(model.joint.enc.weight @ mean))
            model.joint.joint_net[-1].weight.mul_(4.0)


def _tokenizer(folder: Path) -> Path:
    directory = folder / "tokenizer"
    if not directory.is_dir():
        directory.mkdir()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(_TEXTS * 4),
            model_prefix=str(directory / "tokenizer"),
            vocab_size=128,
            model_type="bpe",
            character_coverage=1.0,
            bos_id=-1,
            eos_id=-1,
            user_defined_symbols=list(SIGNALS),
            minloglevel=2,
        )
        vocabulary = sentencepiece.SentencePieceProcessor(str(directory / "tokenizer.model"))
        pieces = [vocabulary.id_to_piece(number) for number in range(vocabulary.vocab_size())]
        (directory / "vocab.txt").write_text("\n".join(pieces) + "\n", "utf-8")
    return directory
