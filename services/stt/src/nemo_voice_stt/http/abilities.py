"""Refuses what the loaded model cannot do, and says what to ask for instead."""

from collections.abc import Sequence

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.http.request_schemas import RecordingForm, TranslationForm
from nemo_voice_stt.transcription.hotwords import TRANSDUCER, refuse_hotwords
from nemo_voice_stt.transcription.languages import (
    MAX_SHOWN,
    SpokenLanguage,
    code_of,
    listed,
    nearest,
)
from nemo_voice_stt.transcription.port import Abilities

ENGLISH = "en"


def refuse_impossible(
    abilities: Abilities, form: RecordingForm, hotwords: Sequence[str], named_in: str
) -> None:
    """Checks that the model can do all that a form asks for.

    Args:
        abilities: The model's.
        form: The request's.
        hotwords: Those in the form.
        named_in: The field that has them.

    Raises:
        InvalidRequest: It cannot; the message says what to leave out, or what can do it.
    """
    refuse_hotwords(abilities, hotwords, named_in)
    if form.has_logprobs and not abilities.logprobs:
        problem = "the model cannot give logprobs. Leave it out."
        raise InvalidRequest(f"include: {problem} {TRANSDUCER}", param="include")
    field = form.field_that_needs_words
    if field is not None and not abilities.word_times:
        message = (
            f"{field}: the model gives no times of words. Ask for json, text or verbose_json,"
            " whose segments are the stretches of sound between silences."
        )
        raise InvalidRequest(message, param=field)


def target_language(abilities: Abilities, spoken: SpokenLanguage, form: TranslationForm) -> str:
    """Returns the code of the language to translate into; the spoken one where it is that.

    Args:
        abilities: The model's, which translates.
        spoken: What is spoken.
        form: The request's, which names the language to write in; if not, English, as OpenAI's.

    Raises:
        InvalidRequest: The model does not translate between these languages, would have to find out
            what is spoken, or the form names two languages to write in.
    """
    field, wanted = form.target_field, form.wanted_language or ENGLISH
    if form.target_language and code_of(form.target_language) != code_of(wanted):
        message = "target_language: to_language names another language. Send one of them."
        raise InvalidRequest(message, param="target_language")
    targets = tuple(dict.fromkeys(written for _, written in abilities.translations))
    target = nearest(wanted, targets)
    if target is None:
        shown = wanted[:MAX_SHOWN]
        message = f"{field}: the model does not write {shown!r}. It writes {listed(targets)}."
        raise InvalidRequest(message, param=field)
    is_spoken_named = code_of(form.language) is not None
    if spoken.told is None or (spoken.told == target and not is_spoken_named):
        sources = [first for first, written in abilities.translations if written == target]
        message = (
            "language: the model cannot find out what is spoken. Name the language of the audio:"
            f" to {listed([target])} it translates {listed(sources)}."
        )
        raise InvalidRequest(message, param="language")
    if spoken.told != target and (spoken.told, target) not in abilities.translations:
        possible = [written for first, written in abilities.translations if first == spoken.told]
        message = (
            f"{field}: the model does not translate {listed([spoken.told])} to"
            f" {listed([target])}, but to {listed(possible)}."
        )
        raise InvalidRequest(message, param=field)
    return target
