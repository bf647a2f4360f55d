"""Resolves the recogniser's checkpoint."""

from collections.abc import Callable

from nemo_voice_serving.model_kinds.errors import UnsupportedModel
from nemo_voice_serving.model_kinds.facts import ModelFacts
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store import checkpoints
from nemo_voice_serving.model_store.checkpoints import Checkpoint, Checkpoints
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.stored import StoredModel
from nemo_voice_serving.nemo.weights_check import code_in
from nemo_voice_stt.decoder_choice import DecoderChoice, lack_of
from nemo_voice_stt.settings import SttSettings

DEMO_MODEL = "fastconformer-tdt.nemo"


def model_of(settings: SttSettings) -> Checkpoint:
    """Returns the checkpoint that the settings name, and the check that it has their decoder."""

    def check(facts: ModelFacts) -> None:
        if lack := lack_of(facts, DecoderChoice(settings.decoder)):
            raise UnsupportedModel(lack)

    return checkpoints.model_of(settings, DEMO_MODEL, Role.RECOGNISER, check)


def fetch(settings: SttSettings, progress: Callable[[Progress], None] | None = None) -> StoredModel:
    """Returns the checkpoint, verified and unpacked, downloaded first if it is not stored.

    Raises:
        ModelStoreError: The message says what is wrong and what to do.
    """
    (model,) = Checkpoints(settings, code_in=code_in).fetch([model_of(settings)], progress)
    return model
