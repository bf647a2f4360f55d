"""Whether a checkpoint's encoder can hear live audio part by part, and how far it may look ahead.

A cache-aware encoder sees chunks: each of its frames sees its own chunk, and some chunks before. It
was trained with several sizes of them.
"""

from typing import Any

from nemo.collections.asr.parts.submodules.subsampling import ConvSubsampling

from nemo_voice_serving.nemo.loading import UnusableModel

_WHOLE_RECORDING = ("per_feature", "all_features")
"""Features that are scaled by the whole recording: live audio has no such scale."""

Context = tuple[int, int]
"""Frames of the encoder that it sees before the present chunk, and ahead within it."""


def contexts_of(model: Any) -> tuple[Context, ...]:
    """Returns the contexts in which a model can hear audio part by part, its default first.

    None for a model that cannot: its encoder sees what comes later, or remembers without bound.
    """
    encoder, featurizer = model.encoder, model.preprocessor.featurizer
    can_stream = (
        getattr(encoder, "att_context_style", None) == "chunked_limited"
        and encoder.self_attention_model == "rel_pos"
        and encoder.conv_context_size[1] == 0
        and encoder.reduction_position is None
        and isinstance(encoder.pre_encode, ConvSubsampling)
        and encoder.pre_encode.is_causal
        and encoder.pre_encode.conv2d_subsampling
        and not featurizer.exact_pad
        and featurizer.frame_splicing == 1
        and featurizer.normalize not in _WHOLE_RECORDING
    )
    if not can_stream:
        return ()
    known = [(int(size[0]), int(size[1])) for size in encoder.att_context_size_all]
    return tuple(size for size in known if size[0] >= 0 and size[1] >= 0)


def chosen(contexts: tuple[Context, ...], lookahead_ms: int | None, frame_s: float) -> Context:
    """Returns the context with a look-ahead; the checkpoint's default where none is named.

    Raises:
        UnusableModel: The checkpoint was not trained with it.
    """
    if lookahead_ms is None:
        return contexts[0]
    known = {round(context[1] * frame_s * 1000): context for context in reversed(contexts)}
    if lookahead_ms not in known:
        listed = ", ".join(str(ms) for ms in sorted(known))
        raise UnusableModel(
            f"NEMO_VOICE_REALTIME__LOOKAHEAD_MS={lookahead_ms}: the checkpoint was not trained to"
            f" look so far ahead. Set it to one of {listed}, or leave it out"
        )
    return known[lookahead_ms]
