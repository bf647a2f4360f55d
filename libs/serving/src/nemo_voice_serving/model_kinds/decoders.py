"""Whether a recogniser has the decoder that its service is set to use."""

from nemo_voice_serving.model_kinds.errors import UnsupportedModel
from nemo_voice_serving.model_kinds.facts import ModelFacts


def has_transducer(facts: ModelFacts) -> bool:
    """Returns whether one of its decoders is a transducer."""
    return (facts.decoder or "").startswith(("TDT", "RNNT"))


def refuse_missing_decoder(facts: ModelFacts, wanted: str) -> None:
    """Checks that the checkpoint, of whichever family, has the decoder that is wanted.

    Args:
        facts: Of the checkpoint.
        wanted: `transducer` or `ctc`; `auto` is what there is.

    Raises:
        UnsupportedModel: It lacks that.
    """
    if wanted == "ctc" and "CTC" not in (facts.decoder or ""):
        raise _lack("CTC", facts, "nvidia/parakeet-tdt_ctc-110m or nvidia/parakeet-ctc-1.1b")
    if wanted == "transducer" and not has_transducer(facts):
        raise _lack("transducer", facts, "nvidia/parakeet-tdt-0.6b-v2")


def _lack(wanted: str, facts: ModelFacts, examples: str) -> UnsupportedModel:
    return UnsupportedModel(
        f"It has no {wanted} decoder, which NEMO_VOICE_DECODER asks for: it has {facts.decoder} "
        "alone.",
        f"Set NEMO_VOICE_DECODER to auto, or name a checkpoint that has one, such as {examples}.",
    )
