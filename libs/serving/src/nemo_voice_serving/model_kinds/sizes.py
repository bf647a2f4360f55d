"""Refuses configurations that claim sizes which no model has: building one would fill the memory.

The building itself is limited too, by what the weights hold (`nemo/loading.py`): here the plain
cases are found before anything is downloaded.
"""

import re
from typing import Any

from nemo_voice_serving.model_kinds.config import Config, Setting
from nemo_voice_serving.model_kinds.errors import UnsafeConfig

_MOST = {
    "conv_kernel_size": 10_000,
    "d_model": 32_768,
    "feat_in": 32_768,
    "feat_out": 32_768,
    "features": 4096,
    "fft_length": 65_536,
    "hidden_size": 65_536,
    "initial_input_size": 4096,
    "joint_hidden": 32_768,
    "n_fft": 65_536,
    "n_heads": 1024,
    "n_layer": 1000,
    "n_layers": 1000,
    "n_mel_channels": 4096,
    "n_speakers": 1_000_000,
    "n_window_size": 1_000_000,
    "n_window_stride": 1_000_000,
    "nfilt": 4096,
    "num_layers": 1000,
    "pos_emb_max_len": 1_000_000,
    "pred_hidden": 32_768,
    "pred_rnn_layers": 100,
    "sample_rate": 1_000_000,
    "subsampling_factor": 1024,
    "symbols_embedding_dim": 32_768,
    "upsample_initial_channel": 32_768,
    "upsample_kernel_sizes": 4096,
    "upsample_rates": 1024,
    "window_size": 60,
    "window_stride": 60,
}
"""Far beyond any model that was published, and small enough to be built."""
_MOST_OF_ALL = 10_000_000
"""Of whole numbers by other names."""
_NO_SIZE = re.compile(r"seed|steps?$|^max_value|bytes|tokens_seen|samples_seen")
_NUMBER = re.compile(r"\d{1,400}(?:\.\d*)?(?:e\+?\d{1,4})?", re.IGNORECASE)


def refuse_absurd_sizes(config: Config) -> None:
    """Checks the numbers of everything that is built to serve the model.

    Raises:
        UnsafeConfig: Naming the setting and its value.
    """
    for setting in config.settings_served():
        most = _MOST.get(setting.key)
        number = _number(config, setting, is_size=most is not None)
        if number is None or number <= (most or _MOST_OF_ALL):
            continue
        shown = str(setting.value)[:40]
        raise UnsafeConfig(
            f"Its configuration claims {setting.key}: {shown}, more than any model has: building "
            "it would fill the memory.",
            "Name a checkpoint whose configuration fits its weights.",
        )


def _number(config: Config, setting: Setting, *, is_size: bool) -> float | None:
    value: Any = setting.value
    if is_size and isinstance(value, str):
        value = config.followed(value)
        if isinstance(value, str) and _NUMBER.fullmatch(value.replace("_", "")):
            value = float(value)  # as the loader of NeMo reads 1e9
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not is_size and (isinstance(value, float) or _NO_SIZE.search(setting.key)):
        return None
    return value
