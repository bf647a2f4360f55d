"""Configurations of FastPitch voices and HiFi-GAN vocoders in small, with the files they name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKENIZERS = "nemo.collections.common.tokenizers.text_to_speech.tts_tokenizers"
G2P = "nemo.collections.tts.g2p.models"
_WIDTH = 16

_ARPABET = "HELLO  HH AH0 L OW1\nWORLD  W ER1 L D\nROBIN  R AA1 B AH0 N\nZOO  Z UW1\n"
_ENGLISH_IPA = "HELLO\thəˈloʊ\nWORLD\tˈwɝld\nNASA\tˈnæsə\nROBIN\tˈrɑbən\n"
_SPANISH_IPA = "hola\tˈola\nmundo\tˈmundo\nniño\tˈniɲo\ncigüeña\tsiˈɣweɲa\n"
_GERMAN_IPA = "Hallo\thˈalo\nWelt\tvˈɛlt\nschöne\tʃˈøːnə\nStraße\tʃtɾˈɑːsə\nmodern\tmoˈdɛɾn\n"


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


def fastpitch_config(pair: Pair, folder: Path) -> dict[str, Any]:
    """Returns a voice's configuration, whose dictionaries are written into the folder."""
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
        "text_tokenizer": _text_tokenizer(pair.tokenizer, folder),
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
        return {"_target_": f"{TOKENIZERS}.{language}CharsTokenizer", **_SYMBOLS}
    if kind == "arpabet":
        g2p: dict[str, Any] = {
            "_target_": f"{G2P}.en_us_arpabet.EnglishG2p",
            "phoneme_dict": _file(folder, "cmudict-0.7b_nv22.01", _ARPABET),
            "heteronyms": _file(folder, "heteronyms-030921", "read\n"),
            "phoneme_probability": 0.5,
        }
        target = f"{TOKENIZERS}.EnglishPhonemesTokenizer"
        return {"_target_": target, "stresses": True, "chars": True, **_SYMBOLS, "g2p": g2p}
    locale, words = _LOCALES[kind]
    g2p = {
        "_target_": f"{G2P}.i18n_ipa.IpaG2p",
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
    return {"_target_": f"{TOKENIZERS}.IPATokenizer", "locale": locale, **_SYMBOLS, "g2p": g2p}


def _alphabet(language: str) -> str:
    """Returns entries of a dictionary that hold every letter, as a large one does."""
    letters = _LETTERS[language]
    return f"{letters}\tˈa\n{letters[::-1].capitalize()}\tˈə\n"


def _file(folder: Path, name: str, content: str) -> str:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return str(path)


def hifigan_config(pair: Pair) -> dict[str, Any]:
    """Returns the configuration of the voice's vocoder."""
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
