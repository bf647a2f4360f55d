"""The NeMo configuration of the recogniser: a small FastConformer with a TDT joint."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

DURATIONS = (0, 1, 2, 3, 4)
SUBSAMPLING = 8
_LOSS = {"fastemit_lambda": 0.0, "clamp": -1.0, "sigma": 0.02, "omega": 0.1}


def configuration(tokenizer: Path, layers: int, width: int = 128) -> Any:
    """Returns the configuration of a small FastConformer with a TDT joint, like Parakeet's."""
    durations = list(DURATIONS)
    return OmegaConf.create(
        {
            "sample_rate": 16000,
            "rnnt_reduction": "mean_batch",
            "log_prediction": False,
            "compute_eval_loss": False,
            "skip_nan_grad": False,
            "model_defaults": {
                "enc_hidden": width,
                "pred_hidden": width,
                "joint_hidden": width,
                "tdt_durations": durations,
                "num_tdt_durations": len(durations),
            },
            "tokenizer": {"dir": str(tokenizer), "type": "bpe"},
            "preprocessor": _preprocessor(),
            "spec_augment": {
                "_target_": "nemo.collections.asr.modules.SpectrogramAugmentation",
                "freq_masks": 1,
                "time_masks": 2,
                "freq_width": 12,
                "time_width": 0.05,
            },
            "encoder": _encoder(layers, width),
            "decoder": _decoder(width),
            "joint": _joint(width),
            "decoding": {
                "strategy": "greedy_batch",
                "model_type": "tdt",
                "durations": durations,
                "greedy": {"max_symbols": 10, "use_cuda_graph_decoder": False},
                "beam": {"beam_size": 2, "return_best_hypothesis": False, "score_norm": True},
            },
            "loss": {"loss_name": "tdt", "tdt_kwargs": {**_LOSS, "durations": durations}},
            # Plain NeMo's transcribe() looks here for its tokens, though it reads no data set
            "validation_ds": {"manifest_filepath": None, "batch_size": 1, "defer_setup": True},
            "optim": {"name": "adamw", "lr": 2e-3, "betas": [0.9, 0.98], "weight_decay": 1e-3},
        }
    )


def _preprocessor() -> dict[str, object]:
    return {
        "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
        "sample_rate": 16000,
        "normalize": "per_feature",
        "window_size": 0.025,
        "window_stride": 0.01,
        "window": "hann",
        "features": 80,
        "n_fft": 512,
        "log": True,
        "frame_splicing": 1,
        "dither": 1e-5,
        "pad_to": 0,
    }


def _encoder(layers: int, width: int) -> dict[str, object]:
    return {
        "_target_": "nemo.collections.asr.modules.ConformerEncoder",
        "feat_in": 80,
        "feat_out": -1,
        "n_layers": layers,
        "d_model": width,
        "subsampling": "dw_striding",
        "subsampling_factor": SUBSAMPLING,
        "subsampling_conv_channels": 32,  # 144 would cost most of a training step
        "causal_downsampling": False,
        "reduction": None,
        "reduction_position": None,
        "reduction_factor": 1,
        "ff_expansion_factor": 4,
        "self_attention_model": "rel_pos",
        "n_heads": 4,
        "att_context_size": [-1, -1],
        "att_context_style": "regular",
        "xscaling": False,
        "untie_biases": True,
        "pos_emb_max_len": 5000,
        "conv_kernel_size": 9,
        "conv_norm_type": "batch_norm",
        "conv_context_size": None,
        "dropout": 0.0,
        "dropout_pre_encoder": 0.0,
        "dropout_emb": 0.0,
        "dropout_att": 0.0,
        "stochastic_depth_drop_prob": 0.0,
    }


def _decoder(width: int) -> dict[str, object]:
    return {
        "_target_": "nemo.collections.asr.modules.RNNTDecoder",
        "normalization_mode": None,
        "random_state_sampling": False,
        "blank_as_pad": True,
        "prednet": {
            "pred_hidden": width,
            "pred_rnn_layers": 1,
            "t_max": None,
            "dropout": 0.1,
        },
    }


def _joint(width: int) -> dict[str, object]:
    return {
        "_target_": "nemo.collections.asr.modules.RNNTJoint",
        "log_softmax": None,
        "preserve_memory": False,
        "fuse_loss_wer": False,
        "num_extra_outputs": len(DURATIONS),
        "jointnet": {"joint_hidden": width, "activation": "relu", "dropout": 0.1},
    }
