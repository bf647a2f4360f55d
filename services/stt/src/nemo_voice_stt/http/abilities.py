"""Refuses what the loaded model cannot do, and says what to ask for instead."""

from collections.abc import Sequence

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.http.request_schemas import RecordingForm
from nemo_voice_stt.transcription.languages import MAX_SHOWN, SpokenLanguage, listed, nearest
from nemo_voice_stt.transcription.port import Abilities

_TRANSDUCER = "Transducers, such as nvidia/parakeet-tdt-0.6b-v3, can."
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
    if hotwords and not abilities.hotwords:
        problem = "the model cannot prefer words to others. Leave them out."
        raise InvalidRequest(f"{named_in}: {problem} {_TRANSDUCER}", param=named_in)
    if form.has_logprobs and not abilities.logprobs:
        problem = "the model cannot give logprobs. Leave it out."
        raise InvalidRequest(f"include: {problem} {_TRANSDUCER}", param="include")
    field = form.field_that_needs_words
    if field is not None and not abilities.word_times:
        message = (
            f"{field}: the model gives no times of words. Ask for json, text or verbose_json,"
            " whose segments are the stretches of sound between silences."
        )
        raise InvalidRequest(message, param=field)


def target_language(
    abilities: Abilities, spoken: SpokenLanguage, wanted: str | None, *, is_spoken_named: bool
) -> str:
    """Returns the code of the language to translate into; the spoken one where it is that.

    Args:
        abilities: The model's, which translates.
        spoken: What is spoken.
        wanted: The language to write in, in any usual spelling; none for English, as OpenAI's.
        is_spoken_named: Whether the request names what is spoken.

    Raises:
        InvalidRequest: The model does not translate between these languages, or would have to
            find out what is spoken.
    """
    targets = tuple(dict.fromkeys(written for _, written in abilities.translations))
    target = nearest(wanted or ENGLISH, targets)
    if target is None:
        shown = (wanted or ENGLISH)[:MAX_SHOWN]
        message = f"to_language: the model does not write {shown!r}. It writes {listed(targets)}."
        raise InvalidRequest(message, param="to_language")
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
            f"to_language: the model does not translate {listed([spoken.told])} to"
            f" {listed([target])}, but to {listed(possible)}."
        )
        raise InvalidRequest(message, param="to_language")
    return target
