"""Resolves the voice's two checkpoints: the model and its vocoder."""

from collections.abc import Callable
from dataclasses import dataclass

from nemo_voice_serving.model_kinds.errors import UnsupportedModel
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store import checkpoints
from nemo_voice_serving.model_store.checkpoints import Checkpoint, Checkpoints
from nemo_voice_serving.model_store.errors import ModelUnsupported
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.stored import StoredModel
from nemo_voice_serving.nemo.weights_check import code_in
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.languages import voice_language

DEMO_MODEL, DEMO_VOCODER = "fastpitch.nemo", "hifigan.nemo"


@dataclass(frozen=True, slots=True)
class VoiceFiles:
    """The two unpacked checkpoints."""

    model: StoredModel
    vocoder: StoredModel
    language: Language
    """The language that the voice speaks."""


def model_of(settings: TtsSettings) -> Checkpoint:
    """Returns the checkpoint of the spectrogram model that the settings name."""
    return checkpoints.model_of(settings, DEMO_MODEL, Role.VOICE)


def vocoder_of(settings: TtsSettings) -> Checkpoint:
    """Returns the vocoder's checkpoint that the settings name."""
    return Checkpoint(
        role="vocoder",
        source=settings.vocoder_source,
        revision=settings.vocoder_revision,
        sha256=settings.vocoder_sha256,
        demo_file=DEMO_VOCODER,
        wants=Role.VOCODER,
    )


def fetch(settings: TtsSettings, progress: Callable[[Progress], None] | None = None) -> VoiceFiles:
    """Returns both checkpoints, verified and unpacked, downloaded first if they are not stored.

    Raises:
        ModelStoreError: The message says what is wrong and what to do.
    """
    wanted = (model_of(settings), vocoder_of(settings))
    model, vocoder = Checkpoints(settings, code_in=code_in).fetch(wanted, progress)
    facts = checkpoints.facts_in(model.directory, Role.VOICE, settings.model)
    try:
        language = voice_language(facts.languages, settings.language)
    except UnsupportedModel as error:
        raise ModelUnsupported(f"{settings.model} cannot be served. {error}") from error
    return VoiceFiles(model, vocoder, language)
