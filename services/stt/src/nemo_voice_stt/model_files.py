"""Which files the recogniser is made of: one checkpoint."""

from collections.abc import Callable

from nemo_voice_serving.model_files import resolve_model
from nemo_voice_serving.model_progress import Progress
from nemo_voice_serving.model_store import StoredModel
from nemo_voice_stt.settings import SttSettings

DEMO_MODEL = "fastconformer-tdt.nemo"


def fetch(settings: SttSettings, progress: Callable[[Progress], None] | None = None) -> StoredModel:
    """Returns the checkpoint, verified and unpacked, downloading it when it is not there.

    Raises:
        ModelStoreError: Saying what is missing or wrong, and what to do.
    """
    return resolve_model(
        settings,
        settings.model,
        settings.model_revision,
        settings.model_sha256,
        demo_file=DEMO_MODEL,
        progress=progress,
    )
