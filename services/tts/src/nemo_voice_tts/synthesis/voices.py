"""The voices of a service: the names that a request may give, and the speaker that each means.

A model of one speaker has one voice, by many names. A model of several has a voice for each name of
the settings, else for each published name, else for each number. Nothing chooses a speaker unasked.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nemo_voice_serving.model_kinds.published_voices import published_voice
from nemo_voice_tts.errors import UnknownVoice

DEFAULT_VOICE = "default"
"""The name of the voice that speaks where a request names none."""
OPENAI_VOICES = (
    "alloy",
    "ash",
    "ballad",
    "cedar",
    "coral",
    "echo",
    "fable",
    "marin",
    "nova",
    "onyx",
    "sage",
    "shimmer",
    "verse",
)
"""OpenAI's own, which its clients send whatever the server."""

MAX_SPEAKERS, MAX_SPEAKER_NUMBER = 1000, 999_999
_NAME = re.compile(r"[^\W_](?:[\w .'-]{0,62}[^\W_])?")
_NAMED = 20
"""How many voices a message names."""
_LONGEST = 64
"""Of the names that a message repeats, in characters."""


class SpeakersMismatch(Exception):
    """The settings name speakers that the model does not have; the message says which."""


class InvalidSpeakers(ValueError):
    """A list of speakers cannot be used; the message says what is wrong with which name."""


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """The speakers and the default voice that the settings name."""

    speakers: Mapping[str, int] = field(default_factory=dict)
    """Numbers of speakers by the names that requests give; none for the model's own names."""
    default: str | None = None
    """The voice of requests that name none."""


class Voices:
    """The voices of one loaded model.

    Args:
        source: The model's reference, by which requests may name the default voice.
        speaker_count: How many speakers it has.
        choice: What the settings say.

    Raises:
        SpeakersMismatch: The settings name a speaker or a voice that the model does not have.
    """

    def __init__(
        self, source: str, speaker_count: int | None, choice: VoiceChoice | None = None
    ) -> None:
        self._count = speaker_count or 1
        choice = choice or VoiceChoice()
        self._refuse_missing(choice.speakers)
        published = published_voice(source)
        known = published.speakers if published is not None else {}
        fitting = {name: number for name, number in known.items() if number < self._count}
        self._speakers = dict(choice.speakers) or fitting
        self._default_names = {DEFAULT_VOICE, source}
        self._default = self._default_of(choice.default)

    @property
    def names(self) -> Sequence[str]:
        """The names of the voices in their order, each once."""
        if self._speakers:
            return tuple(self._speakers)
        return (DEFAULT_VOICE,) if self._count == 1 else tuple(map(str, range(self._count)))

    @property
    def default_speaker(self) -> int | None:
        """The speaker of requests that name no voice; None where they have to."""
        return self._default

    @property
    def test_speaker(self) -> int:
        """The speaker of self-test and warm-up: the default one, else that of the first voice."""
        return self._first if self._default is None else self._default

    def speaker(self, name: str | None = None) -> int:
        """Returns the speaker of a voice.

        Args:
            name: As the request gives it; None, `default` and the model's name mean the default
                voice.

        Raises:
            UnknownVoice: There is no such voice, or none is the default one.
        """
        if name is not None and (found := self._named(name)) is not None:
            return found
        is_default = name is None or name in self._default_names
        if self._count == 1 and (is_default or name in OPENAI_VOICES):
            return 0
        if is_default and self._default is not None:
            return self._default
        raise UnknownVoice(self._refusal(name, is_default=is_default), param="voice")

    def speaker_in_text(self, names: str, otherwise: int) -> int:
        """Returns the speaker that a text names for a part of itself.

        Args:
            names: A name, or several with blanks between them, the best first, as SSML has them.
            otherwise: Who speaks the rest of the text. A model of one voice speaks all of it.

        Raises:
            UnknownVoice: There is none of these voices.
        """
        if self._count == 1:
            return otherwise
        for name in (names, *names.split()):
            if (found := self._named(name)) is not None:
                return found
            if name in self._default_names and self._default is not None:
                return self._default
        raise UnknownVoice(f"<voice> names {names[:_LONGEST]!r}. {self._refusal(names)}")

    @property
    def _first(self) -> int:
        return next(iter(self._speakers.values()), 0)

    def _named(self, name: str) -> int | None:
        if name in self._speakers:
            return self._speakers[name]
        if not _is_number(name):
            return None
        number = int(name)
        is_one = number in self._speakers.values() if self._speakers else number < self._count
        return number if is_one and self._count > 1 else None

    def _default_of(self, name: str | None) -> int | None:
        if name is None or (self._count == 1 and name == DEFAULT_VOICE):
            return 0 if self._count == 1 else None
        found = self._named(name)
        if found is None and self._count == 1 and name in OPENAI_VOICES:
            return 0
        if found is None:
            raise SpeakersMismatch(
                f"NEMO_VOICE_DEFAULT_VOICE is {name!r}, which is none of its voices: "
                f"{self._listed()}."
            )
        return found

    def _refuse_missing(self, speakers: Mapping[str, int]) -> None:
        for name, number in speakers.items():
            if number >= self._count:
                last = self._count - 1
                has = f"{self._count} speakers, 0 to {last}" if last else "one speaker, 0"
                raise SpeakersMismatch(
                    f"NEMO_VOICE_SPEAKERS names speaker {number} {name!r}, and it has {has}."
                )

    def _refusal(self, name: str | None, *, is_default: bool = False) -> str:
        if self._count == 1:
            own = ", ".join(dict.fromkeys((*self.names, *sorted(self._default_names))))
            openais = ", ".join(OPENAI_VOICES)
            return f"The model has one voice. It answers to {own} and to OpenAI's names: {openais}."
        if is_default:
            return (
                f"The model has several voices and none is the default: name one of them: "
                f"{self._listed()}. NEMO_VOICE_DEFAULT_VOICE makes one the default."
            )
        if name in OPENAI_VOICES:
            return (
                f"OpenAI's voice {name!r} stands for none of this model's: name one of them: "
                f"{self._listed()}. NEMO_VOICE_SPEAKERS gives OpenAI's names to speakers."
            )
        return f"There is no such voice. The voices are: {self._listed()}."

    def _listed(self) -> str:
        if not self._speakers and self._count > _NAMED:
            return f"the numbers from 0 to {self._count - 1}"
        names = self.names
        more = len(names) - _NAMED
        return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def speakers_of(written: str) -> dict[str, int]:
    """Returns the speakers of a JSON object of names and numbers.

    Raises:
        InvalidSpeakers: It is none; the message says what is wrong with which name.
    """
    try:
        pairs = json.loads(written, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise InvalidSpeakers(f"it is no JSON: {error}") from None
    if not isinstance(pairs, _Pairs):
        raise InvalidSpeakers('it is no JSON object of names and numbers, such as {"helen": 92}')
    return checked_speakers(pairs)


def checked_speakers(pairs: Sequence[tuple[str, Any]]) -> dict[str, int]:
    """Returns the speakers of pairs of names and numbers.

    Raises:
        InvalidSpeakers: A name or a number cannot be one; the message says which and why.
    """
    if len(pairs) > MAX_SPEAKERS:
        raise InvalidSpeakers(f"at most {MAX_SPEAKERS} speakers can have names, not {len(pairs)}")
    speakers: dict[str, int] = {}
    seen: dict[str, str] = {}
    for name, number in pairs:
        _refuse_unusable(name, number)
        if (other := seen.get(name.casefold())) is not None:
            apart = "is there twice" if other == name else f"differs from {other!r} in case alone"
            raise InvalidSpeakers(f"the name {name!r} {apart}: leave one of them out")
        seen[name.casefold()] = name
        speakers[name] = number
    return speakers


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object, those of the same name too."""


def _refuse_unusable(name: str, number: object) -> None:
    shown = repr(name if len(name) <= 70 else f"{name[:70]}…")  # noqa: PLR2004 fits a message
    if not _NAME.fullmatch(name):
        raise InvalidSpeakers(
            f"{shown} can be no voice's name: use 1 to 64 letters, digits, blanks, dots, hyphens, "
            "apostrophes and underscores, with a letter or digit at both ends"
        )
    if name.casefold() == DEFAULT_VOICE:
        raise InvalidSpeakers(f"{shown} can be no speaker's name: set the default voice instead")
    if isinstance(number, bool) or not isinstance(number, int):
        raise InvalidSpeakers(f"the speaker of {shown} is no whole number: {str(number)[:70]!r}")
    if not 0 <= number <= MAX_SPEAKER_NUMBER:
        raise InvalidSpeakers(
            f"the speaker of {shown} is {str(number)[:70]}: speakers are counted from 0 to "
            f"{MAX_SPEAKER_NUMBER}"
        )
    if _is_number(name) and int(name) != number:
        raise InvalidSpeakers(f"{shown} is the name of another speaker: use no number as a name")


def _is_number(name: str) -> bool:
    return re.fullmatch(r"[0-9]{1,6}", name) is not None
