"""Look-alikes of NVIDIA's Canary models: their classes, layouts and prompts, and little weight.

Each is built from the published configuration with few and narrow layers, its tokenizers by
SentencePiece. The decoder is trained for seconds to write what its prompt asks for, so that a
wrong language, direction or missing time shows in the text; what it hears makes no difference.
"""

import copy
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from nemo.collections.asr.models import EncDecCTCModelBPE, EncDecMultiTaskModel
from nemo.collections.common.tokenizers.canary_tokenizer import CanaryTokenizer
from omegaconf import DictConfig, OmegaConf, open_dict
from sentencepiece import SentencePieceTrainer

LANGUAGES = ("en", "de", "es", "fr")
SENTENCES = {
    "en": "Good morning, how are you today?",
    "de": "Guten Morgen, wie geht es dir?",
    "es": "Buenos días, ¿cómo estás hoy?",
    "fr": "Bonjour, comment ça va ?",
}
COUNTRIES = {
    "en": {"de": "Germany", "es": "Spain", "fr": "France"},
    "de": {"en": "England"},
    "es": {"en": "Inglaterra"},
    "fr": {"en": "Angleterre"},
}
"""How a translation names where it comes from, by written and spoken language."""
LONGEST_TIME = 400
"""Frames that have a token of their own: of 32 s."""

_ASR, _COMMON = "nemo.collections.asr", "nemo.collections.common"
_TASKS = ("translate", "transcribe")
_SWITCHES = ("itn", "timestamp", "diarize")
_FEELINGS = ("undefined", "neutral", "angry", "happy", "sad")


@dataclass(frozen=True)
class Shape:
    """What tells one published model from another."""

    prompt_format: str
    is_unified: bool = False
    """One tokenizer for all languages instead of one for each."""
    width: int = 32
    """Of the encoder; another one than the decoder's puts a projection between them."""
    has_aligner: bool = False
    max_sequence_length: int = 1024

    @property
    def has_times(self) -> bool:
        """Whether it was trained to write times."""
        return self.prompt_format == "canary2" and not self.is_unified


SHAPES = {
    "nvidia/canary-1b": Shape("canary", max_sequence_length=512),
    "nvidia/canary-1b-flash": Shape("canary2"),
    "nvidia/canary-180m-flash": Shape("canary2", width=24),
    "nvidia/canary-1b-v2": Shape("canary2", is_unified=True, has_aligner=True),
}
_DECODER_WIDTH = 32


def text_for(source: str, target: str) -> str:
    """Returns what a look-alike writes when it is told these languages."""
    text = SENTENCES[target]
    return text if source == target else f"{text} {COUNTRIES[target][source]}"


def timed_text_for(source: str, target: str) -> list[tuple[str, int, int]]:
    """Returns the words of that text with the frames that a look-alike writes around them."""
    words = text_for(source, target).split()
    return [(word, 3 * place + 1, 3 * place + 3) for place, word in enumerate(words)]


def pairs() -> Iterator[tuple[str, str]]:
    """Yields the spoken and written languages that the models were trained with."""
    for language in LANGUAGES:
        yield language, language
        if language != "en":
            yield "en", language
            yield language, "en"


def build(name: str, folder: Path) -> Path:
    """Returns the path of a .nemo file that looks like the published one of this name."""
    shape = SHAPES[name]
    path = folder / f"{name.rpartition('/')[2]}.nemo"
    if path.is_file():
        return path
    torch.manual_seed(1)
    config = _config(shape, folder / f"{path.stem}-tokenizers")
    # NeMo looks for an aligner beside the model that it restored last.
    model = EncDecMultiTaskModel(cfg=OmegaConf.merge(config, {"restore_timestamps_model": False}))
    with open_dict(model.cfg):
        del model.cfg.restore_timestamps_model
    _teach(model, shape)
    model.save_to(str(path))
    if shape.has_aligner:
        _add_aligner(path, folder / f"{path.stem}-tokenizers" / "all")
    return path


def unpacked(path: Path) -> Path:
    """Returns the folder beside the archive into which it was unpacked."""
    folder = path.with_suffix("")
    if not folder.is_dir():
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
    return folder


def endless(path: Path, target: Path) -> Path:
    """Writes the archive anew with a decoder that never ends a transcript; returns its path."""
    model = EncDecMultiTaskModel.restore_from(str(path), map_location="cpu")
    with torch.no_grad():
        model.log_softmax.mlp.layer0.bias[model.tokenizer.eos_id] = -1e9
    model.save_to(str(target))
    return target


def changed(
    path: Path, target: Path, change: dict[str, Any], *, member: str = "model_config.yaml"
) -> Path:
    """Writes the archive anew with these settings, by dotted names, and returns its path."""
    with tarfile.open(path) as archive, tarfile.open(target, "w") as written:
        for info in archive:
            content = archive.extractfile(info)
            data = content.read() if content else b""
            if info.name.removeprefix("./") == member:
                config = OmegaConf.create(data.decode())
                for key, value in change.items():
                    OmegaConf.update(config, key, value, force_add=True)
                data = OmegaConf.to_yaml(config).encode()
                info.size = len(data)
            written.addfile(info, io.BytesIO(data) if content else None)
    return target


def _config(shape: Shape, tokenizers: Path) -> DictConfig:
    config = {
        "sample_rate": 16000,
        "prompt_format": shape.prompt_format,
        "model_defaults": {
            "asr_enc_hidden": shape.width,
            "lm_enc_hidden": _DECODER_WIDTH,
            "lm_dec_hidden": _DECODER_WIDTH,
        },
        "tokenizer": _unified(tokenizers) if shape.is_unified else _aggregate(shape, tokenizers),
        "preprocessor": _preprocessor(),
        "spec_augment": None,
        "encoder": _encoder(shape.width),
        "transf_encoder": {
            "_target_": f"{_ASR}.modules.transformer.transformer_encoders.TransformerEncoder",
            "num_layers": 0,
            "hidden_size": _DECODER_WIDTH,
            "inner_size": 4 * _DECODER_WIDTH,
        },
        "transf_decoder": {
            "_target_": f"{_ASR}.modules.transformer.get_nemo_transformer",
            "model_name": None,
            "pretrained": False,
            "encoder": None,
            "pre_ln_final_layer_norm": True,
            "config_dict": {
                "max_sequence_length": shape.max_sequence_length,
                "num_token_types": 0,
                "learn_positional_encodings": False,
                "hidden_size": _DECODER_WIDTH,
                "inner_size": 4 * _DECODER_WIDTH,
                "num_layers": 2,
                "num_attention_heads": 4,
                "hidden_act": "relu",
                "pre_ln": True,
                "vocab_size": None,
            },
        },
        "head": {
            "_target_": f"{_ASR}.parts.submodules.token_classifier.TokenClassifier",
            "num_layers": 1,
            "activation": "relu",
            "log_softmax": True,
            "hidden_size": _DECODER_WIDTH,
            "num_classes": None,
            "dropout": 0.0,
            "use_transformer_init": True,
        },
        "decoding": {
            "strategy": "beam",
            "return_best_hypothesis": True,
            "beam": {"beam_size": 1, "len_pen": 0.0, "max_generation_delta": 50},
        },
        "loss": {
            "_target_": f"{_COMMON}.losses.smoothed_cross_entropy.SmoothedCrossEntropyLoss",
            "label_smoothing": 0.0,
            "pad_id": None,
        },
        "optim": {"name": "adamw", "lr": 0.0003},
    }
    if shape.prompt_format == "canary2":
        config["prompt_defaults"] = [{"role": "user", "slots": _slots()}]
    return OmegaConf.create(copy.deepcopy(config))


def _slots() -> dict[str, str]:
    return {
        "decodercontext": "",
        "source_lang": "<|en|>",
        "target_lang": "<|en|>",
        "emotion": "<|emo:undefined|>",
        "pnc": "<|pnc|>",
        "itn": "<|noitn|>",
        "diarize": "<|nodiarize|>",
        "timestamp": "<|notimestamp|>",
    }


def _preprocessor() -> dict[str, Any]:
    return {
        "_target_": f"{_ASR}.modules.AudioToMelSpectrogramPreprocessor",
        "sample_rate": 16000,
        "normalize": "per_feature",
        "window_size": 0.025,
        "window_stride": 0.01,
        "window": "hann",
        "features": 128,
        "n_fft": 512,
        "log": True,
        "frame_splicing": 1,
        "dither": 1e-05,
        "pad_to": 0,
        "pad_value": 0.0,
    }


def _encoder(width: int) -> dict[str, Any]:
    return {
        "_target_": f"{_ASR}.modules.ConformerEncoder",
        "feat_in": 128,
        "feat_out": -1,
        "n_layers": 2,
        "d_model": width,
        "subsampling": "dw_striding",
        "subsampling_factor": 8,
        "subsampling_conv_channels": 16,
        "causal_downsampling": False,
        "ff_expansion_factor": 4,
        "self_attention_model": "rel_pos",
        "n_heads": 4,
        "att_context_size": [-1, -1],
        "xscaling": False,
        "untie_biases": True,
        "pos_emb_max_len": 5000,
        "conv_kernel_size": 9,
        "conv_norm_type": "batch_norm",
        "dropout": 0.1,
        "dropout_pre_encoder": 0.1,
        "dropout_emb": 0.0,
        "dropout_att": 0.1,
    }


def _special_tokens(prompt_format: str) -> list[str]:
    if prompt_format == "canary":
        return [*_TASKS, *LANGUAGES]
    switches = [f"{no}{switch}" for switch in _SWITCHES for no in ("", "no")]
    feelings = [f"emo:{feeling}" for feeling in _FEELINGS]
    # NVIDIA's name 183 languages, most of which no model was trained with.
    languages = [*LANGUAGES, "it", "ja", "zh"]
    times = [str(frame) for frame in range(LONGEST_TIME)]
    return ["startofcontext", *switches, *feelings, *languages, *times]


def _aggregate(shape: Shape, folder: Path) -> dict[str, Any]:
    special = folder / "spl_tokens"
    CanaryTokenizer.build_special_tokenizer(_special_tokens(shape.prompt_format), special)
    folders = {"spl_tokens": special}
    for language in LANGUAGES:
        folders[language] = folder / language
        _pieces_of([language], folders[language], [])
    return {
        "dir": None,
        "type": "agg",
        "langs": {name: {"dir": str(one), "type": "bpe"} for name, one in folders.items()},
        "custom_tokenizer": {
            "_target_": f"{_COMMON}.tokenizers.canary_tokenizer.CanaryTokenizer",
            "tokenizers": None,
        },
    }


def _unified(folder: Path) -> dict[str, Any]:
    special = [f"<|{token}|>" for token in _special_tokens("canary2")]
    defaults = ["<|nospeech|>", "<pad>", "<|endoftext|>", "<|startoftranscript|>", "<|pnc|>"]
    _pieces_of(LANGUAGES, folder / "all", [*defaults, "<|nopnc|>", *special])
    return {
        "dir": str(folder / "all"),
        "type": "bpe",
        "custom_tokenizer": {
            "_target_": f"{_COMMON}.tokenizers.canary_tokenizer.CanaryBPETokenizer",
        },
    }


def _pieces_of(languages: Any, folder: Path, special: list[str]) -> None:
    """Trains a SentencePiece model on all that is written in these languages."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = [text_for(*pair) for pair in pairs() if pair[1] in languages]
    letters = len(set("".join(texts)))
    with (folder / "tokenizer.model").open("wb") as model:
        SentencePieceTrainer.train(
            sentence_iterator=iter(texts * 20),
            model_writer=model,
            model_type="bpe",
            vocab_size=letters + len(special) + 24,
            user_defined_symbols=special,
            character_coverage=1.0,
            bos_id=-1,
            eos_id=-1,
            hard_vocab_limit=False,
            minloglevel=2,
        )
    (folder / "vocab.txt").write_text("")


def _examples(model: Any, shape: Shape) -> list[tuple[list[int], list[int]]]:
    """Returns prompts and the tokens that follow them, with their end."""
    examples = []
    for source, target in pairs():
        for timed in [False, True] if shape.has_times else [False]:
            prompt = model.prompt.encode_dialog([_turn(shape, source, target, timed=timed)])
            text = text_for(source, target)
            if timed:
                words = timed_text_for(source, target)
                text = " ".join(f"<|{start}|> {word} <|{end}|>" for word, start, end in words)
            language = (target,) if not shape.is_unified else ()
            answer = [*model.tokenizer.text_to_ids(text, *language), model.tokenizer.eos_id]
            examples.append((prompt["context_ids"].tolist(), answer))
    return examples


def _turn(shape: Shape, source: str, target: str, *, timed: bool) -> dict[str, Any]:
    slots = {"source_lang": source, "target_lang": target, "pnc": "yes"}
    if shape.prompt_format == "canary":
        slots["task"] = "asr" if source == target else "ast"
    else:
        slots = _slots() | slots | {"timestamp": "yes" if timed else "no"}
    return {"role": "user", "slots": slots}


def _teach(model: Any, shape: Shape) -> None:
    """Trains the decoder on its sentences, whatever the encoder hears."""
    examples = _examples(model, shape)
    longest = max(len(prompt) + len(answer) for prompt, answer in examples)
    pad = model.tokenizer.pad_id
    rows = torch.full((len(examples), longest), pad)
    graded = torch.zeros((len(examples), longest), dtype=torch.bool)
    for row, grade, (prompt, answer) in zip(rows, graded, examples, strict=True):
        row[: len(prompt) + len(answer)] = torch.tensor(prompt + answer)
        grade[len(prompt) : len(prompt) + len(answer)] = True
    taught = [*model.transf_decoder.parameters(), *model.log_softmax.parameters()]
    optimiser = torch.optim.Adam(dict.fromkeys(taught), lr=4e-3)
    model.train()
    for _ in range(_STEPS):
        frames = torch.randn(len(examples), 8, _DECODER_WIDTH)
        states = model.transf_decoder(
            input_ids=rows[:, :-1],
            decoder_mask=(rows[:, :-1] != pad).float(),
            encoder_embeddings=frames,
            encoder_mask=torch.ones(len(examples), 8),
        )
        scores = model.log_softmax(hidden_states=states)
        loss = torch.nn.functional.nll_loss(scores[graded[:, 1:]], rows[:, 1:][graded[:, 1:]])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if loss.item() < _GOOD_LOSS:
            break
    model.eval()


_STEPS = 600
_GOOD_LOSS = 0.01


def _add_aligner(path: Path, tokenizer: Path) -> None:
    """Adds the CTC model that times words, as NVIDIA packed it: config and weights of its own."""
    config = OmegaConf.create(
        {
            "sample_rate": 16000,
            "tokenizer": {"dir": str(tokenizer), "type": "bpe"},
            "preprocessor": _preprocessor(),
            "encoder": _encoder(16),
            "decoder": {
                "_target_": f"{_ASR}.modules.ConvASRDecoder",
                "feat_in": None,
                "num_classes": -1,
                "vocabulary": [],
            },
            "decoding": {"strategy": "greedy_batch"},
            "optim": {"name": "adamw", "lr": 0.0003},
        }
    )
    aligner = EncDecCTCModelBPE(cfg=config)
    own = path.with_name("aligner.nemo")
    aligner.save_to(str(own))
    names = {
        "model_config.yaml": "timestamps_asr_model_config.yaml",
        "model_weights.ckpt": "timestamps_asr_model_weights.ckpt",
    }
    with tarfile.open(own) as archive, tarfile.open(path, "a") as whole:
        for member in archive:
            if not member.isfile():
                continue
            name = member.name.removeprefix("./")
            member.name = f"./{names.get(name, name)}"
            whole.addfile(member, archive.extractfile(member))
    own.unlink()
