"""Chooses what runs a checkpoint, by the family of its kind."""

from pathlib import Path

from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store.checkpoints import facts_in
from nemo_voice_stt.backends.canary.backend import load_canary
from nemo_voice_stt.backends.decoder_choice import refuse_lacking
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.backend import load_recogniser
from nemo_voice_stt.transcription.port import Recogniser

ATTENTION = "aed"
"""The family of kinds with an attention decoder."""


def load(directory: Path, source: str, revision: str, options: RecogniserOptions) -> Recogniser:
    """Returns the recogniser of whichever family, loaded from an unpacked checkpoint.

    Raises:
        ModelStoreError: The checkpoint is not of a kind that is served.
        UnusableModel: Its files are not whole, or it cannot do what the settings ask of it.
        NoDevice: The options want a device that is not usable.
    """
    facts = facts_in(directory, Role.RECOGNISER, source)
    refuse_lacking(facts, options.decoder, source)
    if facts.kind.family == ATTENTION:
        _refuse_lookahead(options)
        return load_canary(directory, source, revision, options)
    recogniser = load_recogniser(directory, source, revision, options)
    # Imported here: NeMo takes seconds to import.
    from nemo_voice_stt.backends.cache_aware.recogniser import streaming_of  # noqa: PLC0415

    recogniser.streaming = streaming_of(recogniser.stages, options)
    if recogniser.streaming is None:
        _refuse_lookahead(options)
    return recogniser


def _refuse_lookahead(options: RecogniserOptions) -> None:
    """Checks that no look-ahead is named for a model that is given whole utterances."""
    if options.lookahead_ms is not None:
        # Imported here: it imports torch.
        from nemo_voice_serving.nemo.loading import UnusableModel  # noqa: PLC0415

        raise UnusableModel(
            f"NEMO_VOICE_REALTIME__LOOKAHEAD_MS={options.lookahead_ms}: the checkpoint cannot hear"
            " live audio part by part, it is given whole utterances. Leave the setting out"
        )
