"""Chooses what runs a checkpoint, by the family of its kind."""

from pathlib import Path

from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store.checkpoints import facts_in
from nemo_voice_stt.backends.canary.backend import load_canary
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.backend import load_recogniser
from nemo_voice_stt.decoder_choice import refuse_lacking
from nemo_voice_stt.transcription.port import Recogniser

ATTENTION = "aed"
"""The family of kinds with an attention decoder."""


def load(directory: Path, source: str, revision: str, options: RecogniserOptions) -> Recogniser:
    """Returns the recogniser of whichever family, loaded from an unpacked checkpoint.

    Raises:
        ModelStoreError: The checkpoint is not of a kind that is served.
        UnusableModel: Its files are not whole.
        NoDevice: The options want a device that is not usable.
    """
    facts = facts_in(directory, Role.RECOGNISER, source)
    refuse_lacking(facts, options.decoder, source)
    load_family = load_canary if facts.kind.family == ATTENTION else load_recogniser
    return load_family(directory, source, revision, options)
