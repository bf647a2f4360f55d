"""Resolves the voice's two checkpoints: the model and its vocoder."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from nemo_voice_serving.model_kinds.errors import UnsupportedModel
from nemo_voice_serving.model_kinds.facts import ModelFacts
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store import checkpoints
from nemo_voice_serving.model_store.checkpoints import Checkpoint, Checkpoints
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.stored import StoredModel
from nemo_voice_serving.nemo.weights_check import code_in
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.synthesis.voices import SpeakersMismatch, Voices
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
    check = partial(_refuse_misfit, settings)
    return checkpoints.model_of(settings, DEMO_MODEL, Role.VOICE, check)


def _refuse_misfit(settings: TtsSettings, facts: ModelFacts) -> None:
    """Raises `UnsupportedModel` for a model without the speakers or language of the settings."""
    voice_language(facts.languages, settings.language)
    try:
        Voices(settings.model, facts.speakers, settings.voice_choice)
    except SpeakersMismatch as error:
        raise UnsupportedModel(str(error), "Change the setting.") from None


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


def voices_of(settings: TtsSettings) -> Voices:
    """Returns the voices of the model, of which nothing but the configuration is read.

    Raises:
        ModelStoreError: It cannot be had, or is refused.
    """
    checkpoint = model_of(settings)
    facts = checkpoints.facts_for(checkpoint, checkpoints.glance(settings, checkpoint).config)
    return Voices(settings.model, facts.speakers, settings.voice_choice)


def fetch(settings: TtsSettings, progress: Callable[[Progress], None] | None = None) -> VoiceFiles:
    """Returns both checkpoints, verified and unpacked, downloaded first if they are not stored.

    Raises:
        ModelStoreError: The message says what is wrong and what to do.
    """
    wanted = (model_of(settings), vocoder_of(settings))
    model, vocoder = Checkpoints(settings, code_in=code_in).fetch(wanted, progress)
    spoken = model.facts.languages if model.facts is not None else ()
    return VoiceFiles(model, vocoder, voice_language(spoken, settings.language))
