"""Which files the recogniser is made of: one checkpoint."""

from collections.abc import Callable

from nemo_voice_serving.model_store import checkpoints
from nemo_voice_serving.model_store.checkpoints import Checkpoint, resolve_checkpoint
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.store import StoredModel
from nemo_voice_serving.nemo.weights_check import code_in
from nemo_voice_stt.settings import SttSettings

DEMO_MODEL = "fastconformer-tdt.nemo"


def model_of(settings: SttSettings) -> Checkpoint:
    """Returns the checkpoint that the settings name."""
    return checkpoints.model_of(settings, DEMO_MODEL)


def fetch(settings: SttSettings, progress: Callable[[Progress], None] | None = None) -> StoredModel:
    """Returns the checkpoint, verified and unpacked, downloading it when it is not there.

    Raises:
        ModelStoreError: Saying what is missing or wrong, and what to do.
    """
    return resolve_checkpoint(settings, model_of(settings), progress, code_in=code_in)
