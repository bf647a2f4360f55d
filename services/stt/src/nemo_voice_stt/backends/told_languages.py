"""The languages of the settings, for a model that can be told which one is spoken."""

from collections.abc import Sequence

from nemo_voice_serving.nemo.loading import UnusableModel
from nemo_voice_stt.transcription.languages import codes_of, listed, nearest


def refuse_unknown(wanted: Sequence[str], known: Sequence[str]) -> None:
    """Checks that the model can be told each of the languages that the settings name.

    Args:
        wanted: Those of the settings.
        known: The codes by which the model can be told.

    Raises:
        UnusableModel: It cannot be told one of them: a request for it would be refused, or guessed.
    """
    strange = [language for language in wanted if nearest(language, known) is None]
    if strange:
        raise UnusableModel(
            f"the checkpoint was not trained with {', '.join(strange)}, which NEMO_VOICE_LANGUAGES"
            f" names; it understands {listed(codes_of(known))}"
        )
