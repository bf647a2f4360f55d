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
    refuse_lacking(facts, wanted, source)
    if wanted is not DecoderChoice.AUTO:
        return wanted
    return DecoderChoice.TRANSDUCER if _has_transducer(facts) else DecoderChoice.CTC


def refuse_lacking(facts: ModelFacts, wanted: DecoderChoice, source: str) -> None:
    """Checks that the checkpoint, of whichever family, has the decoder that is wanted.

    Raises:
        ModelUnsupported: It lacks that.
    """
    if lack := lack_of(facts, wanted, source):
        raise ModelUnsupported(lack)


def lack_of(facts: ModelFacts, wanted: DecoderChoice, subject: str = "It") -> str | None:
    """Returns what to do where the checkpoint lacks the decoder that is wanted; None if it has it.

    Args:
        facts: The checkpoint's.
        wanted: What the settings name.
        subject: Begins the sentence.
    """
    if wanted is DecoderChoice.CTC and "CTC" not in (facts.decoder or ""):
        examples = "nvidia/parakeet-tdt_ctc-110m or nvidia/parakeet-ctc-1.1b"
        return _lacks(subject, "CTC", facts, examples)
    if wanted is DecoderChoice.TRANSDUCER and not _has_transducer(facts):
        return _lacks(subject, "transducer", facts, "nvidia/parakeet-tdt-0.6b-v2")
    return None


def _has_transducer(facts: ModelFacts) -> bool:
    return (facts.decoder or "").startswith(("TDT", "RNNT"))


def _lacks(subject: str, wanted: str, facts: ModelFacts, examples: str) -> str:
    return (
        f"{subject} has no {wanted} decoder, which NEMO_VOICE_DECODER asks for: it has"
        f" {facts.decoder} alone. Set NEMO_VOICE_DECODER to auto, or name a checkpoint that has"
        f" one, such as {examples}."
    )
