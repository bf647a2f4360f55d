"""NVIDIA's FastPitch and HiFi-GAN pairs with random weights: their files, in small.

Classes, tokenizers, rates, speakers and the layout of the files are as published, and so are the
names of classes that NeMo has renamed since. Layers are few and narrow, dictionaries short.
"""

import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.models.checkpoints import tar_of

_TOKENIZERS = "nemo.collections.common.tokenizers.text_to_speech.tts_tokenizers"
_OLD_TOKENIZERS = "nemo.collections.tts.torch.tts_tokenizers"
_G2P, _OLD_G2P = "nemo.collections.tts.g2p.models", "nemo.collections.tts.torch.g2ps"
_NORMALISER = """text_normalizer:
  _target_: nemo_text_processing.text_normalization.normalize.Normalizer
  lang: {}
  input_case: cased
"""
"""Added when a voice is saved: NeMo would build the grammars for half a minute."""
_WIDTH = 16
_FRAMES_A_TOKEN = 6
_LEVEL = 0.1

_ARPABET = "HELLO  HH AH0 L OW1\nWORLD  W ER1 L D\nROBIN  R AA1 B AH0 N\nZOO  Z UW1\n"
_ENGLISH_IPA = "HELLO\thəˈloʊ\nWORLD\tˈwɝld\nNASA\tˈnæsə\nROBIN\tˈrɑbən\n"
_SPANISH_IPA = "hola\tˈola\nmundo\tˈmundo\nniño\tˈniɲo\ncigüeña\tsiˈɣweɲa\n"
_GERMAN_IPA = "Hallo\thˈalo\nWelt\tvˈɛlt\nschöne\tʃˈøːnə\nStraße\tʃtɾˈɑːsə\nmodern\tmoˈdɛɾn\n"


@dataclass(frozen=True, slots=True)
class Pair:
    """A voice and its vocoder, as their publisher names and describes them."""

    name: str
    vocoder: str
    language: str
    text: str
    """Some of its language, in words."""
    rate_hz: int = 22050
    speakers: int = 1
    tokenizer: str = ""
    """`arpabet`, or a language with `-ipa` or `-letters`."""
    encodes_speakers: bool = False
    """Whether a table in a speaker encoder holds the speakers, as NeMo's newer recipes have it."""

    @property
    def hop(self) -> int:
        """Samples of a frame."""
        return 512 if self.rate_hz == 44100 else 256


PAIRS = (
    Pair("tts_en_fastpitch", "tts_hifigan", "en", "Hello world.", tokenizer="arpabet"),
    Pair("tts_en_fastpitch_ipa", "tts_hifigan", "en", "Hello world.", tokenizer="en-ipa"),
    Pair(
        "tts_en_fastpitch_multispeaker",
        "tts_en_hifitts_hifigan_ft_fastpitch",
        "en",
        "Hello world.",
        44100,
        12_800,
        "arpabet",
    ),
    Pair(
        "tts_es_fastpitch_multispeaker",
        "tts_es_hifigan_ft_fastpitch_multispeaker",
        "es",
        "Hola mundo, niño.",
        44100,
        174,
        "es-ipa",
    ),
    Pair(
        "tts_de_fastpitch_thorstens2102",
        "tts_de_hifigan_thorstens2102",
        "de",
        "Hallo schöne Welt.",
        tokenizer="de-letters",
    ),
    Pair(
        "tts_de_fastpitch_thorstens2210",
        "tts_de_hifigan_thorstens2210",
        "de",
        "Hallo schöne Welt.",
        tokenizer="de-ipa",
    ),
    Pair(
        "tts_de_fastpitch_multispeaker_5",
        "tts_de_hui_hifigan_ft_fastpitch_multispeaker_5",
        "de",
        "Hallo schöne Welt.",
        44100,
        119,
        "de-letters",
    ),
    Pair("tts_en_fastpitch_letters", "tts_hifigan", "en", "Hello world.", tokenizer="en-letters"),
    Pair(
        "tts_en_fastpitch_encoder",
        "tts_hifigan",
        "en",
        "Hello world.",
        speakers=95,
        tokenizer="arpabet",
        encodes_speakers=True,
    ),
)
"""NVIDIA's pairs, and two as others have trained them: on English letters, with an encoder."""


def pair_named(name: str) -> Pair:
    """Returns the pair of the voice of this name."""
    [found] = [pair for pair in PAIRS if pair.name == name]
    return found


def save_pair(pair: Pair, folder: Path) -> tuple[Path, Path]:
    """Returns the voice's and the vocoder's `.nemo` files, which are made where they are missing.

    Args:
        pair: Which.
        folder: Where the files of all pairs are kept, by their published names.
    """
    voice, vocoder = folder / f"{pair.name}.nemo", folder / f"{pair.vocoder}.nemo"
    if not voice.exists():
        _save(lambda: _fastpitch(pair, folder), voice, _NORMALISER.format(pair.language))
    if not vocoder.exists():
        _save(lambda: _hifigan(pair), vocoder)
    return voice, vocoder


def _save(made: Callable[[], Any], path: Path, more_config: str = "") -> None:
    import torch  # noqa: PLC0415 with NeMo, ten seconds

    from nemo_voice_serving.nemo.loading import adopt_nemo  # noqa: PLC0415

    adopt_nemo()
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = made().eval()
    plain = path.with_suffix(".plain")
    model.save_to(str(plain))
    path.write_bytes(_as_published(plain.read_bytes(), more_config))
    plain.unlink()


def _as_published(archive: bytes, more_config: str) -> bytes:
    """Returns the archive with NeMo's class names of the time when NVIDIA published it."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {
            member.name: content.read()
            for member in tar.getmembers()
            if (content := tar.extractfile(member)) is not None
        }
    for name, content in files.items():
        if name.endswith("model_config.yaml"):
            config = content.decode().replace(_TOKENIZERS, _OLD_TOKENIZERS)
            config = config.replace(f"{_G2P}.en_us_arpabet.EnglishG2p", f"{_OLD_G2P}.EnglishG2p")
            config = config.replace(
                f"{_G2P}.i18n_ipa.IpaG2p", "nemo_text_processing.g2p.modules.IPAG2P"
            )
            files[name] = (config + more_config).encode()
    return tar_of(files)


def _fastpitch(pair: Pair, folder: Path) -> Any:
    import torch  # noqa: PLC0415
    from nemo.collections.tts.models import FastPitchModel  # noqa: PLC0415
    from omegaconf import OmegaConf  # noqa: PLC0415

    config = _fastpitch_config(pair, _text_tokenizer(pair.tokenizer, folder))
    model = FastPitchModel(OmegaConf.create(config))
    with torch.no_grad():
        network = model.fastpitch
        # Random durations would be of hundreds of frames, or of none.
        network.duration_predictor.fc.weight.mul_(0.3)
        network.duration_predictor.fc.bias.fill_(float(torch.log(torch.tensor(_FRAMES_A_TOKEN))))
        if network.speaker_emb is not None:
            network.speaker_emb.weight.mul_(2.0)  # so that speakers differ
    return model


def _fastpitch_config(pair: Pair, tokenizer: dict[str, Any]) -> dict[str, Any]:
    tts, asr = "nemo.collections.tts", "nemo.collections.asr"
    transformer = {
        "n_layer": 2,
        "n_head": 1,
        "d_model": _WIDTH,
        "d_head": 8,
        "d_inner": 32,
        "kernel_size": 3,
        "dropout": 0.1,
        "dropatt": 0.1,
        "dropemb": 0.0,
    }
    predictor = {
        "_target_": f"{tts}.modules.fastpitch.TemporalPredictor",
        "input_size": _WIDTH,
        "kernel_size": 3,
        "filter_size": 16,
        "dropout": 0.1,
        "n_layers": 2,
    }
    stft = {"n_window_size": 4 * pair.hop, "n_window_stride": pair.hop, "sample_rate": pair.rate_hz}
    return {
        "learn_alignment": True,
        "n_speakers": pair.speakers,
        "max_token_duration": 75,
        "symbols_embedding_dim": _WIDTH,
        "pitch_embedding_kernel_size": 3,
        "speaker_emb_condition_prosody": pair.language == "es",
        "speaker_emb_condition_aligner": pair.language == "es",
        "n_mel_channels": 80,
        **stft,
        "text_tokenizer": tokenizer,
        "train_ds": {
            "defer_setup": True,
            "dataset": {"_target_": "nemo.collections.tts.torch.data.TTSDataset"},
        },
        "preprocessor": {
            "_target_": f"{asr}.modules.AudioToMelSpectrogramPreprocessor",
            "features": 80,
            "n_fft": 4 * pair.hop,
            "window_size": False,
            "window_stride": False,
            "dither": 0.0,
            **stft,
        },
        "input_fft": {
            "_target_": f"{tts}.modules.transformer.FFTransformerEncoder",
            "d_embed": _WIDTH,
            **transformer,
        },
        "output_fft": {
            "_target_": f"{tts}.modules.transformer.FFTransformerDecoder",
            **transformer,
        },
        "alignment_module": {
            "_target_": f"{tts}.modules.aligner.AlignmentEncoder",
            "n_text_channels": _WIDTH,
        },
        "duration_predictor": dict(predictor),
        "pitch_predictor": dict(predictor),
        "optim": {"name": "adamw", "lr": 1e-3},
    } | (_speaker_encoder(pair.speakers) if pair.encodes_speakers else {})


def _speaker_encoder(speakers: int) -> dict[str, Any]:
    modules = "nemo.collections.tts.modules.submodules"
    table = {
        "_target_": f"{modules}.SpeakerLookupTable",
        "n_speakers": speakers,
        "embedding_dim": _WIDTH,
    }
    encoder = {"_target_": f"{modules}.SpeakerEncoder", "lookup_module": table}
    return {"speaker_encoder": encoder}


def _text_tokenizer(kind: str, folder: Path) -> dict[str, Any]:
    if kind.endswith("letters"):
        language = {"en": "English", "de": "German"}[kind[:2]]
        return {"_target_": f"{_TOKENIZERS}.{language}CharsTokenizer", **_SYMBOLS}
    if kind == "arpabet":
        g2p: dict[str, Any] = {
            "_target_": f"{_G2P}.en_us_arpabet.EnglishG2p",
            "phoneme_dict": _file(folder, "cmudict-0.7b_nv22.01", _ARPABET),
            "heteronyms": _file(folder, "heteronyms-030921", "read\n"),
            "phoneme_probability": 0.5,
        }
        target = f"{_TOKENIZERS}.EnglishPhonemesTokenizer"
        return {"_target_": target, "stresses": True, "chars": True, **_SYMBOLS, "g2p": g2p}
    locale, words = _LOCALES[kind]
    g2p = {
        "_target_": f"{_G2P}.i18n_ipa.IpaG2p",
        "locale": locale,
        "phoneme_dict": _file(folder, f"{kind[:2]}_nv230119.dict", words + _alphabet(kind[:2])),
        "phoneme_probability": 0.5,
        "ignore_ambiguous_words": False,
        "use_chars": True,
        "use_stresses": True,
    }
    if kind == "de-ipa":
        g2p["heteronyms"] = _file(folder, "de_nv230119.heteronym", "modern\n")
        g2p["grapheme_case"] = "mixed"
        g2p["grapheme_prefix"] = "#"
    return {"_target_": f"{_TOKENIZERS}.IPATokenizer", "locale": locale, **_SYMBOLS, "g2p": g2p}


_SYMBOLS = {"punct": True, "apostrophe": True, "pad_with_space": True}
_LOCALES = {
    "en-ipa": ("en-US", _ENGLISH_IPA),
    "es-ipa": ("es-ES", _SPANISH_IPA),
    "de-ipa": ("de-DE", _GERMAN_IPA),
}
_LETTERS = {
    "en": "abcdefghijklmnopqrstuvwxyz",
    "es": "abcdefghijklmnopqrstuvwxyzáéíñóúü",
    "de": "abcdefghijklmnopqrstuvwxyzäöüß",
}


def _alphabet(language: str) -> str:
    """Returns entries of a dictionary that hold every letter, as a large one does."""
    letters = _LETTERS[language]
    return f"{letters}\tˈa\n{letters[::-1].capitalize()}\tˈə\n"


def _file(folder: Path, name: str, content: str) -> str:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return str(path)


def _hifigan(pair: Pair) -> Any:
    import torch  # noqa: PLC0415
    from nemo.collections.tts.models import HifiGanModel  # noqa: PLC0415
    from omegaconf import OmegaConf  # noqa: PLC0415

    model = HifiGanModel(OmegaConf.create(_hifigan_config(pair)))
    with torch.no_grad():
        generator = model.generator
        for name, weight in generator.named_parameters():
            if name.endswith("bias"):  # or the sound would be that of the biases, whatever is said
                weight.zero_()
        sound = generator(x=torch.randn(1, 80, 32))
        level = float(sound.square().mean().sqrt())
        generator.conv_post.weight_g.mul_(_LEVEL / level)
    return model


def _hifigan_config(pair: Pair) -> dict[str, Any]:
    rates = [8, 8, 4, 2] if pair.hop == 512 else [8, 8, 2, 2]
    return {
        "debug": True,  # small discriminators: the service drops them
        "train_ds": {
            "defer_setup": True,
            "dataset": {"_target_": "nemo.collections.tts.data.datalayers.MelAudioDataset"},
        },
        "preprocessor": {
            "_target_": "nemo.collections.asr.parts.preprocessing.features.FilterbankFeatures",
            "nfilt": 80,
            "n_fft": 4 * pair.hop,
            "n_window_size": 4 * pair.hop,
            "n_window_stride": pair.hop,
            "sample_rate": pair.rate_hz,
            "dither": 0.0,
        },
        "generator": {
            "_target_": "nemo.collections.tts.modules.hifigan_modules.Generator",
            "resblock": 1,
            "upsample_rates": rates,
            "upsample_kernel_sizes": [2 * rate for rate in rates],
            "upsample_initial_channel": 32,
            "resblock_kernel_sizes": [3, 7],
            "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5]],
        },
        "max_steps": 1000,
        "l1_loss_factor": 45,
        "optim": {"_target_": "torch.optim.AdamW", "lr": 2e-4, "betas": [0.8, 0.99]},
    }
