"""The settings of one session: updates are merged deeply into them, and checked."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.http.realtime.session_schemas import (
    LOGPROBS,
    ALaw,
    AudioFormat,
    MuLaw,
    Pcm,
    SemanticVad,
    ServerVad,
    SessionConfig,
    TranscriptionConfig,
)
from nemo_voice_stt.realtime.audio_format import Encoding, LiveFormat
from nemo_voice_stt.realtime.options import LiveOptions, TurnDetection
from nemo_voice_stt.transcription.hotwords import hotwords_of
from nemo_voice_stt.transcription.languages import Understanding

_G711_HZ = 8_000
_DEPTH = 8
_MAX_CHARS = 64 * 1024
"""Of the settings as JSON: each update is answered with all of them, and adds to them."""
_WITHOUT_TURNS = ("gpt-realtime-whisper", "gpt-live-transcribe")
"""OpenAI's models that find no turns: clients that name them do, and say nothing of it."""
_SILENCE_S = {"low": 1.0, "medium": 0.7, "auto": 0.7, "high": 0.4}
"""What ends speech for each eagerness: the model does not tell whether a sentence is over."""


class SessionSettings:
    """A session's settings as far as its client has set them."""

    def __init__(self, understanding: Understanding) -> None:
        """Takes what the model understands."""
        self._understanding = understanding
        self.config = SessionConfig()

    @property
    def wants_logprobs(self) -> bool:
        """Whether the client asked for the probabilities of tokens, which the model has."""
        has_them = self._understanding.abilities.logprobs
        return has_them and LOGPROBS in (self.config.include or ())

    def update(self, changes: Any) -> LiveOptions:
        """Merges an update and returns what it makes of the session; a field not in it stays.

        Raises:
            InvalidRequest: A value is wrong; nothing has changed then.
        """
        merged = merged_into(self.config.model_dump(exclude_unset=True), changes)
        try:
            config = SessionConfig.model_validate(merged)
        except ValidationError as error:
            raise _refusal(error) from None
        if len(json.dumps(config.model_dump(mode="json"))) > _MAX_CHARS:
            message = f"session: the settings are longer than {_MAX_CHARS} characters of JSON."
            raise InvalidRequest(message, param="session")
        options = self._options(config)
        self.config = config
        return options

    def options(self) -> LiveOptions:
        """Returns what the settings make of the session."""
        return self._options(self.config)

    def described(self) -> dict[str, Any]:
        """Returns the settings as events show them."""
        described = self.config.model_dump(mode="json")
        if _leaves_turns_to_client(self.config):
            described["audio"]["input"]["turn_detection"] = None
        return described

    def _options(self, config: SessionConfig) -> LiveOptions:
        given = config.audio.input
        named = given.transcription or TranscriptionConfig()
        field = "session.audio.input.transcription"
        try:
            language = self._understanding.told(named.language, named.languages or ())
            hotwords = hotwords_of(named.prompt, named.keywords or ())
        except InvalidRequest as error:
            raise InvalidRequest(error.message, param=f"{field}.{error.param}") from None
        return LiveOptions(
            audio_format=_format(given.format),
            turn_detection=(
                None if _leaves_turns_to_client(config) else _turns(given.turn_detection)
            ),
            hotwords=hotwords if self._understanding.abilities.hotwords else (),
            language=language,
        )


def merged_into(before: Any, changes: Any, depth: int = _DEPTH) -> Any:
    """Returns what was before with changes merged into it, object by object.

    An object of another `type` takes the place of the one before; `null` clears.
    """
    if not (isinstance(before, Mapping) and isinstance(changes, Mapping)) or depth == 0:
        return changes
    if "type" in before and changes.get("type", before["type"]) != before["type"]:
        return dict(changes)
    merged = dict(before)
    for name, value in changes.items():
        merged[name] = merged_into(before.get(name), value, depth - 1)
    return merged


def _leaves_turns_to_client(config: SessionConfig) -> bool:
    """Whether the client commits, without having said so: as with the model that it names."""
    given = config.audio.input
    model = (given.transcription and given.transcription.model) or ""
    return "turn_detection" not in given.model_fields_set and model.startswith(_WITHOUT_TURNS)


def _format(given: AudioFormat | None) -> LiveFormat:
    match given:
        case MuLaw():
            return LiveFormat(Encoding.MU_LAW, _G711_HZ)
        case ALaw():
            return LiveFormat(Encoding.A_LAW, _G711_HZ)
        case None:
            return LiveFormat()
        case Pcm():
            return LiveFormat(Encoding.PCM16, given.rate)


def _turns(given: ServerVad | SemanticVad | None) -> TurnDetection | None:
    match given:
        case None:
            return None
        case SemanticVad():
            return TurnDetection(silence_s=_SILENCE_S[given.eagerness])
        case ServerVad():
            return TurnDetection(
                threshold=given.threshold,
                padding_s=given.prefix_padding_ms / 1000,
                silence_s=given.silence_duration_ms / 1000,
            )


def _refusal(error: ValidationError) -> InvalidRequest:
    problem = error.errors()[0]
    known = {"audio/pcm", "audio/pcmu", "audio/pcma", "server_vad", "semantic_vad"}
    parts = [str(part) for part in problem["loc"] if part not in known]
    param = ".".join(["session", *parts])
    return InvalidRequest(f"{param}: {problem['msg']}", param=param)
