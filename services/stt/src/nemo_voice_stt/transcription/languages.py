"""The language that a request names: whether the model understands it, and how it is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.transcription.port import TRANSDUCER, Abilities

NAMES = {
    "ar": "arabic", "bg": "bulgarian", "ca": "catalan", "cs": "czech", "da": "danish",
    "de": "german", "el": "greek", "en": "english", "es": "spanish", "et": "estonian",
    "fa": "persian", "fi": "finnish", "fr": "french", "he": "hebrew", "hi": "hindi",
    "hr": "croatian", "hu": "hungarian", "id": "indonesian", "it": "italian", "ja": "japanese",
    "ka": "georgian", "kk": "kazakh", "ko": "korean", "lt": "lithuanian", "lv": "latvian",
    "ms": "malay", "mt": "maltese", "nb": "norwegian", "nl": "dutch", "nn": "nynorsk",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sk": "slovak", "sl": "slovenian", "sr": "serbian", "sv": "swedish", "th": "thai",
    "tr": "turkish", "uk": "ukrainian", "vi": "vietnamese", "zh": "chinese",
}  # fmt: skip
"""Of languages that NVIDIA's open recognisers understand, by their ISO 639-1 codes, as OpenAI
writes them."""

_CODES = {name: code for code, name in NAMES.items()}
_SAME = {"no": "nb", "iw": "he", "in": "id"}
"""Codes that others have replaced, or that mean the same to most."""
_ANY = frozenset({"", "auto", "multi"})
MAX_SHOWN = 60
"""Characters of a name in a message: as many as tell which one is meant."""
UNKNOWN = "unknown"
"""The language of a transcript where the model has several and the request names none."""

_HOMES = {
    "de": ("DE", "AT", "CH"),
    "en": ("US", "CA", "PH", "PR"),
    "es": ("ES", "GQ"),
    "fr": ("FR", "BE", "CH", "LU", "MC"),
    "pt": ("BR",),
    "zh": ("CN", "SG", "MY"),
}
"""Where a language that is named without a region is spoken, and what is spoken like it there:
what is nearest to es-MX is es-US rather than es-ES. Others are at home where they are named for."""
_REGION_LETTERS = 2
_REGION_DIGITS = 3


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    """The language of a request's audio."""

    name: str
    """In English, as OpenAI writes it."""
    told: str | None = None
    """The code to tell the model; None leaves it to the model."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the loaded model understands, for what is asked of it live."""

    languages: Sequence[str] = ()
    """Codes of languages, as far as they are known."""
    abilities: Abilities = TRANSDUCER

    def told(self, wanted: str | None, others: Sequence[str] = ()) -> str | None:
        """Returns the language to tell the model; arguments and errors are `language_of`'s."""
        return language_of(wanted, others, self.languages, self.abilities).told


def language_of(
    wanted: str | None,
    others: Sequence[str],
    understood: Sequence[str],
    abilities: Abilities = TRANSDUCER,
) -> SpokenLanguage:
    """Returns what is spoken in a recording, as far as the request or the model knows it.

    A model that has to be told, and is not, is told the first of `others`, else its default.

    Args:
        wanted: The field `language`: `en`, `en-US` or `english`; absent or `auto` for any.
        others: The field `languages`: those that may be spoken.
        understood: The codes of those that the model understands.
        abilities: The model's.

    Raises:
        InvalidRequest: The model understands none of the languages in the request.
    """
    told = abilities.told_languages
    spoken = list(understood)
    if told:
        spoken = [code for code in spoken if nearest(code, told)] or codes_of(told)
    wanted_code = code_of(wanted)
    if wanted_code is not None and wanted_code not in spoken:
        raise _foreign(str(wanted), "language", spoken)
    possible = [other for other in others if code_of(other) is not None]
    common = [other for other in possible if code_of(other) in spoken]
    if possible and not common:
        raise _foreign(", ".join(others), "languages", spoken)
    default = abilities.default_language
    candidates = [str(wanted)] if wanted_code else common or ([default] if default else spoken)
    if default or len(codes_of(candidates)) == 1:
        return SpokenLanguage(name_of(candidates[0]), nearest(candidates[0], told))
    return SpokenLanguage(UNKNOWN)


def code_of(language: str | None) -> str | None:
    """Returns the ISO 639-1 code of a language in any usual spelling; None for no language."""
    name = (language or "").strip().lower()
    if name in _ANY:
        return None
    code = _CODES.get(name, name.replace("_", "-").partition("-")[0])
    return _SAME.get(code, code)


def name_of(language: str) -> str:
    """Returns a language's English name as OpenAI writes it; its code where it has none."""
    code = code_of(language) or UNKNOWN
    return NAMES.get(code, code)


def nearest(language: str, known: Sequence[str]) -> str | None:
    """Returns the code of the same language whose region is nearest; None where it has none.

    Args:
        language: In any usual spelling: `es`, `es-MX`, `Spanish`.
        known: Codes as a model has them, such as `es-US`.
    """
    code, region = code_of(language), _region_of(language)
    candidates = [one for one in known if code_of(one) == code]
    if not candidates or code is None:
        return None
    homes = _HOMES.get(code, (code.upper(),))
    wanted = region or homes[0]

    def distance(candidate: str) -> tuple[bool, bool, bool]:
        own = _region_of(candidate)
        # A code without a region stands for each of them.
        is_same = own == region if region is None else own == wanted
        return (not is_same, own != wanted, (own in homes) != (wanted in homes))

    return min(candidates, key=distance)


def listed(codes: Iterable[str]) -> str:
    """Returns languages as a message names them: `English (en), Spanish (es)`."""
    return ", ".join(f"{NAMES.get(code, code).capitalize()} ({code})" for code in codes)


def codes_of(languages: Iterable[str]) -> list[str]:
    """Returns the ISO 639-1 codes of languages, each once, without their regions."""
    return list(dict.fromkeys(code for one in languages if (code := code_of(one))))


def _region_of(language: str) -> str | None:
    """Returns the region of a code: `MX` of `es-MX`, `419` of `es-419`."""
    for part in language.strip().replace("_", "-").split("-")[1:]:
        is_country = len(part) == _REGION_LETTERS and part.isalpha()
        if is_country or (len(part) == _REGION_DIGITS and part.isdigit()):
            return part.upper()
    return None


def _foreign(wanted: str, param: str, spoken: Sequence[str]) -> InvalidRequest:
    shown = repr(wanted[:MAX_SHOWN])
    message = f"{param}: the model does not understand {shown}. It understands {listed(spoken)}."
    return InvalidRequest(message, param=param)
