"""NeMo's FastPitch, changed so that a phrase in a padded batch is what it is alone.

Between two convolutions NeMo lets the bias of padded positions leak into the last real ones:
durations change with the other phrases of the batch. Here the mask is applied between them too.
"""

import types
from typing import Any

from nemo.collections.tts.modules.fastpitch import TemporalPredictor
from nemo.collections.tts.modules.transformer import TransformerLayer

from nemo_voice_serving.nemo.loading import UnusableModel

_INNER = ("Conv1d", "ReLU", "Conv1d", "Dropout")


def mask_between_convolutions(fastpitch: Any) -> None:
    """Changes every transformer layer and predictor of a FastPitch module.

    Raises:
        UnusableModel: A layer is not built as this change expects.
    """
    found = set()
    for module in fastpitch.modules():
        for layer_class, check, forward in (
            (TransformerLayer, _check_transformer_layer, _transformer_layer),
            (TemporalPredictor, _check_predictor, _predictor),
        ):
            if isinstance(module, layer_class):
                check(module)
                module.forward = types.MethodType(forward, module)
                found.add(layer_class)
    _require(found == {TransformerLayer, TemporalPredictor}, "no transformer layers or predictors")


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise UnusableModel(f"FastPitch is not built as the mask change expects: {what}")


def _check_transformer_layer(layer: Any) -> None:
    inner = tuple(type(part).__name__ for part in layer.pos_ff.CoreNet)
    _require(inner == _INNER, f"a feed-forward layer is {inner}")
    _require(not layer.pos_ff.pre_lnorm, "normalisation comes before the feed-forward layer")
    _require(not layer.is_adapter_available(), "a transformer layer has adapters")


def _check_predictor(predictor: Any) -> None:
    for layer in predictor.layers:
        _require(not layer.is_adapter_available(), "a predictor has adapters")


def _transformer_layer(self: Any, dec_inp: Any, mask: Any = None, conditioning: Any = None) -> Any:
    # Asking a GPU whether there is padding would wait for it.
    is_padded = mask.device.type != "cpu" or not bool(mask.all())
    hidden = ~mask.squeeze(2) if is_padded else None
    attended = self.dec_attn(dec_inp, attn_mask=hidden, conditioning=conditioning) * mask
    inner = self.pos_ff.CoreNet
    between = inner[1](inner[0](attended.transpose(1, 2)))
    between = between * mask.transpose(1, 2).to(between.dtype)
    fed = inner[3](inner[2](between)).transpose(1, 2)
    return self.pos_ff.layer_norm(attended + fed, conditioning).to(attended.dtype) * mask


def _predictor(self: Any, enc: Any, enc_mask: Any, conditioning: Any = None) -> Any:
    enc = self.cond_input(enc, conditioning)
    out = (enc * enc_mask).transpose(1, 2)
    mask = enc_mask.transpose(1, 2).to(out.dtype)
    for layer in self.layers:
        out = layer(out, conditioning=conditioning) * mask
    return (self.fc(out.transpose(1, 2)) * enc_mask).squeeze(-1)
