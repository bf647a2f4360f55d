"""The NeMo configurations of the demo voice, and the models built from them offline."""

from pathlib import Path
from typing import Any

from nemo.collections.common.tokenizers.text_to_speech.tts_tokenizers import (
    EnglishPhonemesTokenizer,
)
from nemo.collections.tts.g2p.models.en_us_arpabet import EnglishG2p
from nemo.collections.tts.models import FastPitchModel, HifiGanModel
from nemo.utils import logging
from omegaconf import OmegaConf

from recipe.phonetics.espeak import SAMPLE_RATE_HZ
from recipe.tts.items import MEL_BINS

MEL: dict[str, Any] = {
    "n_fft": 1024,
    "n_window_size": 1024,
    "n_window_stride": 256,
    "window": "hann",
    "normalize": None,
    "preemph": None,
    "dither": 0.0,
    "frame_splicing": 1,
    "log": True,
    "log_zero_guard_type": "clamp",
    "log_zero_guard_value": 1e-05,
    "mag_power": 1.0,
    "lowfreq": 0,
    "highfreq": 8000,
    "sample_rate": SAMPLE_RATE_HZ,
    "exact_pad": True,
}

_REPEATED = (
    "sample_rate",
    "n_window_size",
    "n_window_stride",
    "n_fft",
    "lowfreq",
    "highfreq",
    "window",
)
"""What FastPitch's configuration repeats of its preprocessor's."""
_PITCH = {"pitch_fmin": 60.0, "pitch_fmax": 250.0, "pitch_mean": 0.0, "pitch_std": 1.0}
_NEMO = "nemo.collections"
_TOKENIZERS = f"{_NEMO}.common.tokenizers.text_to_speech.tts_tokenizers"
_TOKENIZER = {
    "punct": True,
    "stresses": True,
    "chars": True,
    "apostrophe": True,
    "pad_with_space": True,
}
_WIDTH = 128
_FFT = {
    "n_head": 1,
    "d_model": _WIDTH,
    "d_head": 64,
    "d_inner": 256,
    "kernel_size": 3,
    "dropout": 0.05,
    "dropatt": 0.05,
    "dropemb": 0.0,
}
_PREDICTOR = {
    "_target_": f"{_NEMO}.tts.modules.fastpitch.TemporalPredictor",
    "input_size": _WIDTH,
    "filter_size": 96,
    "kernel_size": 3,
    "dropout": 0.1,
    "n_layers": 2,
}
_ALIGNER = {
    "_target_": f"{_NEMO}.tts.modules.aligner.AlignmentEncoder",
    "n_text_channels": 8,
    "n_mel_channels": 8,
    "n_att_channels": 8,
}
"""The class requires one, which is not used."""


def tokenizer(lexicon: Path, heteronyms: Path) -> Any:
    """Returns NeMo's English phoneme tokenizer over a lexicon: what FastPitch will use itself."""
    g2p = EnglishG2p(phoneme_dict=str(lexicon), heteronyms=str(heteronyms))
    return EnglishPhonemesTokenizer(g2p=g2p, **_TOKENIZER)


def new_fastpitch(lexicon: Path, heteronyms: Path) -> Any:
    """Returns a FastPitchModel of 1.3 million random weights; saving it packs the two files."""
    logging.setLevel("ERROR")
    return FastPitchModel(OmegaConf.create(_fastpitch(str(lexicon), str(heteronyms))))


def new_hifigan() -> Any:
    """Returns a HifiGanModel whose generator has 0.9 million random weights."""
    logging.setLevel("ERROR")
    return HifiGanModel(OmegaConf.create(_hifigan()))


def restored(model_class: Any, path: Path) -> Any:
    """Returns a model from its `.nemo` file, on the CPU."""
    logging.setLevel("ERROR")
    return model_class.restore_from(str(path), map_location="cpu")


def _fastpitch(lexicon: str, heteronyms: str) -> dict[str, Any]:
    return {
        "learn_alignment": True,  # false selects the old character parser, which has no tokenizer
        "n_speakers": 1,
        "symbols_embedding_dim": _WIDTH,
        "max_token_duration": 75,
        "min_token_duration": 0,
        "n_mel_channels": MEL_BINS,
        "pitch_embedding_kernel_size": 3,
        **{name: MEL[name] for name in _REPEATED},
        **_PITCH,
        "bin_loss_warmup_epochs": 100,
        "text_tokenizer": _text_tokenizer(lexicon, heteronyms),
        "train_ds": {  # never read, but the class looks at the name of the dataset's class
            "defer_setup": True,
            "dataset": {
                "_target_": f"{_NEMO}.tts.data.dataset.TTSDataset",
                "manifest_filepath": None,
                "sup_data_types": ["pitch"],
            },
        },
        "preprocessor": {
            "_target_": f"{_NEMO}.asr.modules.AudioToMelSpectrogramPreprocessor",
            **MEL,
            "features": MEL_BINS,
            "window_size": False,
            "window_stride": False,
            "pad_to": 1,
            "pad_value": 0,
        },
        "input_fft": {
            "_target_": f"{_NEMO}.tts.modules.transformer.FFTransformerEncoder",
            "n_layer": 2,
            "d_embed": _WIDTH,
            **_FFT,
        },
        "output_fft": {
            "_target_": f"{_NEMO}.tts.modules.transformer.FFTransformerDecoder",
            "n_layer": 3,
            **_FFT,
        },
        "alignment_module": _ALIGNER,
        "duration_predictor": dict(_PREDICTOR),
        "pitch_predictor": dict(_PREDICTOR),
        "optim": {"name": "adamw", "lr": 1e-3},
    }


def _text_tokenizer(lexicon: str, heteronyms: str) -> dict[str, Any]:
    return {
        "_target_": f"{_TOKENIZERS}.EnglishPhonemesTokenizer",
        **_TOKENIZER,
        "g2p": {
            "_target_": f"{_NEMO}.tts.g2p.models.en_us_arpabet.EnglishG2p",
            "phoneme_dict": lexicon,
            "heteronyms": heteronyms,
        },
    }


def _hifigan() -> dict[str, Any]:
    return {
        "debug": True,  # NeMo's switch for small discriminators; the full ones weigh 280 MB
        "train_ds": {
            "defer_setup": True,
            "dataset": {"_target_": f"{_NEMO}.tts.data.datalayers.MelAudioDataset"},
        },
        "preprocessor": {
            "_target_": f"{_NEMO}.asr.parts.preprocessing.features.FilterbankFeatures",
            **MEL,
            "nfilt": MEL_BINS,
            "pad_to": 0,
            "pad_value": -11.52,
            "use_grads": False,
        },
        "generator": {
            "_target_": f"{_NEMO}.tts.modules.hifigan_modules.Generator",
            "resblock": 2,
            "upsample_rates": [4, 4, 4, 4],
            "upsample_kernel_sizes": [8, 8, 8, 8],
            "upsample_initial_channel": 256,
            "resblock_kernel_sizes": [3, 7],
            "resblock_dilation_sizes": [[1, 3], [3, 9]],
        },
        "max_steps": 10000,
        "l1_loss_factor": 45,
        "optim": {"_target_": "torch.optim.AdamW", "lr": 2e-4, "betas": [0.8, 0.99]},
    }
