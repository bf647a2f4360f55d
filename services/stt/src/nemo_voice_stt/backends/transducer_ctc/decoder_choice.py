"""Which decoder of a checkpoint is used: the one it has, or of two the one the settings name."""

from enum import StrEnum

from nemo_voice_serving.model_kinds.facts import ModelFacts
from nemo_voice_serving.model_store.errors import ModelUnsupported


class DecoderChoice(StrEnum):
    """What the settings may name."""

    AUTO = "auto"
    TRANSDUCER = "transducer"
    CTC = "ctc"


def decoder_of(facts: ModelFacts, wanted: DecoderChoice, source: str) -> DecoderChoice:
    """Returns the decoder to use, never `auto`: of a hybrid its transducer, which errs less.

    Raises:
        ModelUnsupported: The checkpoint lacks the decoder that is wanted.
    """
    has_ctc = "CTC" in (facts.decoder or "")
    has_transducer = facts.decoder != "CTC"
    if wanted is DecoderChoice.CTC and not has_ctc:
        raise _lacks(
            source, "CTC", facts, "nvidia/parakeet-tdt_ctc-110m or nvidia/parakeet-ctc-1.1b"
        )
    if wanted is DecoderChoice.TRANSDUCER and not has_transducer:
        raise _lacks(source, "transducer", facts, "nvidia/parakeet-tdt-0.6b-v2")
    if wanted is DecoderChoice.AUTO:
        return DecoderChoice.TRANSDUCER if has_transducer else DecoderChoice.CTC
    return wanted


def _lacks(source: str, wanted: str, facts: ModelFacts, examples: str) -> ModelUnsupported:
    return ModelUnsupported(
        f"{source} has no {wanted} decoder, which NEMO_VOICE_DECODER asks for: it has"
        f" {facts.decoder} alone. Set NEMO_VOICE_DECODER to auto, or name a checkpoint that has"
        f" one, such as {examples}."
    )
