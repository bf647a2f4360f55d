"""Configurations as NVIDIA published them with its checkpoints, shortened, and archives of them.

What decides the kind and its facts is as published: class paths of that time, names of settings,
numbers. Vocabularies and training settings are cut.
"""

import copy
from typing import Any

import yaml

from support.models.checkpoints import tar_of, weights

Config = dict[str, Any]

_OLD_TTS, _TTS, _ASR = "nemo.collections.tts.torch", "nemo.collections.tts", "nemo.collections.asr"
_COMMON = "nemo.collections.common"
_HASH = "0123456789abcdef0123456789abcdef"


def _fastpitch(rate_hz: int, hop: int, tokenizer: Config, *, speakers: int = 1) -> Config:
    return {
        "target": f"{_TTS}.models.fastpitch.FastPitchModel",
        "nemo_version": "1.8.1",
        "learn_alignment": True,
        "n_speakers": speakers,
        "symbols_embedding_dim": 384,
        "n_mel_channels": 80,
        "sample_rate": rate_hz,
        "n_window_size": 4 * hop,
        "n_window_stride": hop,
        "text_tokenizer": tokenizer,
        "train_ds": {"dataset": {"_target_": f"{_OLD_TTS}.data.TTSDataset"}},
        "preprocessor": {
            "_target_": f"{_ASR}.modules.AudioToMelSpectrogramPreprocessor",
            "features": 80,
            "sample_rate": "${sample_rate}",
            "n_window_stride": hop,
        },
        "input_fft": {"_target_": f"{_TTS}.modules.transformer.FFTransformerEncoder"},
        "optim": {"name": "adamw", "lr": "1e-3", "betas": [0.9, 0.999]},
    }


def _english(version: str) -> Config:
    return {
        "_target_": f"{_OLD_TTS}.tts_tokenizers.EnglishPhonemesTokenizer",
        "punct": True,
        "g2p": {
            "_target_": f"{_OLD_TTS}.g2ps.EnglishG2p",
            "phoneme_dict": f"nemo:{_HASH}_cmudict-0.7b_{version}",
            "heteronyms": f"nemo:{_HASH}_heteronyms-030921",
        },
    }


def _ipa(locale: str) -> Config:
    return {
        "_target_": f"{_TTS.replace('tts', 'common')}.tokenizers.text_to_speech.tts_tokenizers."
        "IPATokenizer",
        "locale": locale,
        "g2p": {
            "_target_": f"{_TTS}.g2p.models.i18n_ipa.IpaG2p",
            "phoneme_dict": f"nemo:{_HASH}_{locale[:2]}_nv_dict",
            "heteronyms": f"nemo:{_HASH}_{locale[:2]}_nv230119.heteronym",
        },
    }


def _hifigan(rate_hz: int, hop: int, upsampling: list[int]) -> Config:
    return {
        "target": f"{_TTS}.models.hifigan.HifiGanModel",
        "nemo_version": "1.0.0rc1",
        "train_ds": {"dataset": {"_target_": f"{_TTS}.data.datalayers.MelAudioDataset"}},
        "preprocessor": {
            "_target_": f"{_ASR}.parts.features.FilterbankFeatures",
            "nfilt": 80,
            "sample_rate": rate_hz,
            "n_window_stride": hop,
        },
        "generator": {
            "_target_": f"{_TTS}.modules.hifigan_modules.Generator",
            "resblock": 1,
            "upsample_rates": upsampling,
            "upsample_initial_channel": 512,
        },
        "optim": {"_target_": "torch.optim.AdamW", "lr": 0.0002},
    }


def _conformer(module: str, name: str, *, mels: int = 80, **encoder: Any) -> Config:
    return {
        "target": f"{_ASR}.models.{module}.{name}",
        "nemo_version": "1.23.0",
        "sample_rate": 16000,
        "model_defaults": {"enc_hidden": 1024},
        "tokenizer": {"dir": None, "type": "bpe", "model_path": f"nemo:{_HASH}_tokenizer.model"},
        "preprocessor": {
            "_target_": f"{_ASR}.modules.AudioToMelSpectrogramPreprocessor",
            "sample_rate": "${sample_rate}",
            "window_stride": 0.01,
            "features": mels,
        },
        "encoder": {
            "_target_": f"{_ASR}.modules.ConformerEncoder",
            "subsampling_factor": 8,
            "att_context_style": "regular",
        }
        | encoder,
    }


def _transducer(config: Config, *, tdt: bool) -> Config:
    if tdt:
        config["model_defaults"]["tdt_durations"] = [0, 1, 2, 3, 4]
    config["decoder"] = {"_target_": f"{_ASR}.modules.RNNTDecoder"}
    config["joint"] = {"_target_": f"{_ASR}.modules.RNNTJoint"}
    config["decoding"] = {"strategy": "greedy_batch"} | ({"model_type": "tdt"} if tdt else {})
    config["loss"] = {"loss_name": "tdt" if tdt else "default"}
    return config


def _characters(config: Config) -> Config:
    del config["tokenizer"]
    config["labels"] = [" ", "a", "b", "c"]
    return config


_LIVE: dict[str, Any] = {
    "att_context_style": "chunked_limited",
    "att_context_size": [[70, 13], [70, 1]],
}
_LOCALES = ["en-US", "en-GB", "es-US", "de-DE", "fr-FR", "auto"]
_AGGREGATE: Config = {
    "type": "agg",
    "dir": None,
    "langs": {
        name: {"dir": None, "type": "bpe", "model_path": f"nemo:{_HASH}_tokenizer.model"}
        for name in ("spl_tokens", "en", "de", "es", "fr")
    },
    "custom_tokenizer": {"_target_": f"{_COMMON}.tokenizers.canary_tokenizer.CanaryTokenizer"},
}
_UNIFIED: Config = {
    "type": "bpe",
    "dir": None,
    "model_path": f"nemo:{_HASH}_tokenizer.model",
    "custom_tokenizer": {"_target_": f"{_COMMON}.tokenizers.canary_tokenizer.CanaryBPETokenizer"},
}


def _canary(prompt_format: str, tokenizer: Config) -> Config:
    config = _conformer("aed_multitask_models", "EncDecMultiTaskModel", mels=128)
    return config | {
        "tokenizer": tokenizer,
        "prompt_format": prompt_format,
        "transf_encoder": {
            "_target_": f"{_ASR}.modules.transformer.transformer_encoders.TransformerEncoder",
            "num_layers": 0,
            "hidden_size": 1024,
            "inner_size": 4096,
        },
        "transf_decoder": {
            "_target_": f"{_ASR}.modules.transformer.get_nemo_transformer",
            "model_name": None,
            "pretrained": False,
            "encoder": None,
            "config_dict": {"max_sequence_length": 1024, "hidden_size": 1024, "num_layers": 4},
        },
        "head": {
            "_target_": f"{_ASR}.parts.submodules.token_classifier.TokenClassifier",
            "num_classes": None,
        },
        "loss": {
            "_target_": f"{_COMMON}.losses.smoothed_cross_entropy.SmoothedCrossEntropyLoss",
        },
    }


PUBLISHED: dict[str, Config] = {
    "nvidia/tts_en_fastpitch": _fastpitch(22050, 256, _english("nv22.01")),
    "tts_en_fastpitch_ipa": _fastpitch(22050, 256, _ipa("en-US")),
    "tts_en_fastpitch_multispeaker": _fastpitch(44100, 512, _english("nv22.07"), speakers=12_800),
    "tts_es_fastpitch_multispeaker": _fastpitch(44100, 512, _ipa("es-ES"), speakers=174),
    "tts_de_fastpitch_thorstens2210": _fastpitch(22050, 256, _ipa("de-DE")),
    "tts_de_fastpitch_thorstens2102": _fastpitch(
        22050,
        256,
        {"_target_": f"{_OLD_TTS}.tts_tokenizers.GermanCharsTokenizer", "punct": True},
    ),
    "tts_de_fastpitch_multispeaker_5": _fastpitch(
        44100,
        512,
        {"_target_": f"{_OLD_TTS}.tts_tokenizers.GermanCharsTokenizer", "punct": True},
        speakers=119,
    ),
    "tts_zh_fastpitch_sfspeech": _fastpitch(
        22050,
        256,
        {
            "_target_": f"{_OLD_TTS}.tts_tokenizers.ChinesePhonemesTokenizer",
            "g2p": {
                "_target_": f"{_TTS}.g2p.models.zh_cn_pinyin.ChineseG2p",
                "phoneme_dict": f"nemo:{_HASH}_pinyin_dict_nv_22.10.txt",
            },
        },
    ),
    "nvidia/tts_hifigan": _hifigan(22050, 256, [8, 8, 2, 2]),
    "tts_en_hifitts_hifigan_ft_fastpitch": _hifigan(44100, 512, [8, 8, 4, 2]),
    "tts_es_hifigan_ft_fastpitch_multispeaker": _hifigan(44100, 512, [8, 8, 4, 2]),
    "tts_de_hui_hifigan_ft_fastpitch_multispeaker_5": _hifigan(44100, 512, [8, 8, 4, 2]),
    "tts_de_hifigan_thorstens2102": _hifigan(22050, 256, [8, 8, 2, 2]),
    "tts_de_hifigan_thorstens2210": _hifigan(22050, 256, [8, 8, 2, 2]),
    "nvidia/parakeet-tdt-1.1b": _transducer(
        _conformer("rnnt_bpe_models", "EncDecRNNTBPEModel"), tdt=True
    ),
    "nvidia/parakeet-tdt-0.6b-v2": _transducer(
        _conformer("rnnt_bpe_models", "EncDecRNNTBPEModel", mels=128), tdt=True
    ),
    "nvidia/parakeet-tdt-0.6b-v3": _transducer(
        _conformer("rnnt_bpe_models", "EncDecRNNTBPEModel", mels=128), tdt=True
    ),
    "nvidia/parakeet-rnnt-1.1b": _transducer(
        _conformer("rnnt_bpe_models", "EncDecRNNTBPEModel"), tdt=False
    ),
    "nvidia/parakeet-tdt_ctc-110m": _transducer(
        _conformer("hybrid_rnnt_ctc_bpe_models", "EncDecHybridRNNTCTCBPEModel"), tdt=True
    ),
    "nvidia/stt_es_fastconformer_hybrid_large_pc": _transducer(
        _conformer("hybrid_rnnt_ctc_bpe_models", "EncDecHybridRNNTCTCBPEModel"), tdt=False
    ),
    "nvidia/stt_en_fastconformer_hybrid_large_streaming_multi": _transducer(
        _conformer("hybrid_rnnt_ctc_bpe_models", "EncDecHybridRNNTCTCBPEModel", **_LIVE),
        tdt=False,
    ),
    "nvidia/nemotron-speech-streaming-en-0.6b": _transducer(
        _conformer("rnnt_bpe_models", "EncDecRNNTBPEModel", mels=128, **_LIVE), tdt=False
    ),
    "nvidia/stt_en_conformer_transducer_large": _transducer(
        _conformer("rnnt_bpe_models", "EncDecRNNTBPEModel", subsampling_factor=4), tdt=False
    ),
    "nvidia/nemotron-3.5-asr-streaming-0.6b": _transducer(
        _conformer("rnnt_bpe_models_prompt", "EncDecRNNTBPEModelWithPrompt", mels=128, **_LIVE),
        tdt=False,
    ),
    "nvidia/parakeet_realtime_eou_120m-v1": _transducer(
        _conformer("asr_eou_models", "EncDecRNNTBPEEOUModel", **_LIVE), tdt=False
    ),
    "nvidia/parakeet-ctc-1.1b": _conformer("ctc_bpe_models", "EncDecCTCModelBPE"),
    "nvidia/parakeet-ctc-0.6b-vi": _conformer("ctc_bpe_models", "EncDecCTCModelBPE"),
    "stt_en_quartznet15x5": _characters(_conformer("ctc_models", "EncDecCTCModel", mels=64)),
    "stt_zh_conformer_transducer_large": _transducer(
        _characters(_conformer("rnnt_models", "EncDecRNNTModel")), tdt=False
    ),
    "nvidia/canary-1b": _canary("canary", _AGGREGATE),
    "nvidia/canary-1b-flash": _canary("canary2", _AGGREGATE),
    "nvidia/canary-180m-flash": _canary("canary2", _AGGREGATE),
    "nvidia/canary-1b-v2": _canary("canary2", _UNIFIED),
    "nvidia/multitalker-parakeet-streaming-0.6b-v1": _transducer(
        _conformer("multitalker_asr_models", "EncDecMultiTalkerRNNTBPEModel", **_LIVE), tdt=False
    ),
    "nvidia/magpie_tts_multilingual_357m": {
        "target": f"{_TTS}.models.magpietts.MagpieTTSModel",
        "model_type": "decoder_ce",
        "codecmodel_path": "nvidia/nemo-nano-codec-22khz-1.89kbps-21.5fps",
        "embedding_dim": 768,
        "text_tokenizers": {
            "english_phoneme": _ipa("en-US"),
            "spanish_phoneme": _ipa("es-ES"),
            "german_phoneme": _ipa("de-DE"),
            "mandarin_phoneme": {"_target_": f"{_OLD_TTS}.tts_tokenizers.ChinesePhonemesTokenizer"},
            "japanese_phoneme": {
                "_target_": f"{_TTS.replace('tts', 'common')}.tokenizers.text_to_speech."
                "tts_tokenizers.JapanesePhonemeTokenizer"
            },
            "french_chartokenizer": {
                "_target_": "AutoTokenizer",
                "pretrained_model": "google/byt5-small",
            },
            "hindi_chartokenizer": {
                "_target_": "AutoTokenizer",
                "pretrained_model": "google/byt5-small",
            },
            "google-t5/t5-small": {"_target_": "T5Tokenizer", "pretrained_model": "google-t5/t5"},
        },
        "encoder": {"n_layers": 6, "d_model": 768, "sa_n_heads": 12, "is_causal": True},
        "decoder": {"n_layers": 12, "d_model": 768, "sa_n_heads": 12, "has_xattn": True},
        "local_transformer_type": "autoregressive",
    },
    "nvidia/nemo-nano-codec-22khz-1.89kbps-21.5fps": {
        "target": f"{_TTS}.models.audio_codec.AudioCodecModel",
        "sample_rate": 22050,
        "samples_per_frame": 1024,
    },
    "nvidia/speakerverification_en_titanet_large": {
        "target": f"{_ASR}.models.label_models.EncDecSpeakerLabelModel"
    },
    "nvidia/diar_sortformer_4spk-v1": {
        "target": f"{_ASR}.models.sortformer_diar_models.SortformerEncLabelModel"
    },
    "tts_en_tacotron2": {"target": f"{_TTS}.models.tacotron2.Tacotron2Model"},
    "tts_en_radtts": {"target": f"{_TTS}.models.radtts.RadTTSModel"},
    "tts_waveglow_88m": {"target": f"{_TTS}.models.waveglow.WaveGlowModel"},
    "punctuation_en_bert": {
        "target": "nemo.collections.nlp.models.token_classification."
        "punctuation_capitalization_model.PunctuationCapitalizationModel"
    },
}
"""By the name under which each is known."""
PUBLISHED["nvidia/nemotron-3.5-asr-streaming-0.6b"]["model_defaults"]["prompt_dictionary"] = {
    locale: number for number, locale in enumerate(_LOCALES)
}


def config_of(name: str, **changed: Any) -> bytes:
    """Returns the `model_config.yaml` of a published checkpoint, with these settings changed."""
    config = copy.deepcopy(PUBLISHED[name]) | changed
    text: str = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    return text.encode()


def archive_of(name: str, *, weight_bytes: int = 200_000, **changed: Any) -> bytes:
    """Returns a .nemo file with that configuration, its members sorted as NeMo sorts them."""
    return tar_of(
        {
            f"./{_HASH}_tokenizer.model": b"\x0a\x10pieces" * 100,
            "./model_config.yaml": config_of(name, **changed),
            "./model_weights.ckpt": weights(weight_bytes),
        }
    )
