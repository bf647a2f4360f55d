"""Which files the voice is made of: the model and its vocoder."""

from collections.abc import Callable
from dataclasses import dataclass

from nemo_voice_serving.model_files import resolve_model
from nemo_voice_serving.model_progress import Progress
from nemo_voice_serving.model_store import StoredModel
from nemo_voice_tts.settings import TtsSettings

DEMO_MODEL, DEMO_VOCODER = "fastpitch.nemo", "hifigan.nemo"


@dataclass(frozen=True, slots=True)
class VoiceFiles:
    """The two unpacked checkpoints."""

    model: StoredModel
    vocoder: StoredModel


def fetch(settings: TtsSettings, progress: Callable[[Progress], None] | None = None) -> VoiceFiles:
    """Returns both checkpoints, verified and unpacked, downloading what is not there.

    Raises:
        ModelStoreError: Saying what is missing or wrong, and what to do.
    """
    model = resolve_model(
        settings,
        settings.model,
        settings.model_revision,
        settings.model_sha256,
        demo_file=DEMO_MODEL,
        progress=progress,
    )
    vocoder = resolve_model(
        settings,
        settings.vocoder_source,
        settings.vocoder_revision,
        settings.vocoder_sha256,
        demo_file=DEMO_VOCODER,
        progress=progress,
    )
    return VoiceFiles(model, vocoder)
