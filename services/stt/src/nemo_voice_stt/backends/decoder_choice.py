"""Which decoder of a checkpoint is used: the one it has, or of two the one the settings name."""

from enum import StrEnum

from nemo_voice_serving.model_kinds.decoders import has_transducer, refuse_missing_decoder
from nemo_voice_serving.model_kinds.errors import UnsupportedModel
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
    refuse_lacking(facts, wanted, source)
    if wanted is not DecoderChoice.AUTO:
        return wanted
    return DecoderChoice.TRANSDUCER if has_transducer(facts) else DecoderChoice.CTC


def refuse_lacking(facts: ModelFacts, wanted: DecoderChoice, source: str) -> None:
    """Checks that the checkpoint, of whichever family, has the decoder that is wanted.

    Raises:
        ModelUnsupported: It lacks that.
    """
    try:
        refuse_missing_decoder(facts, wanted)
    except UnsupportedModel as error:
        raise ModelUnsupported(f"{source} cannot be served. {error}") from error
