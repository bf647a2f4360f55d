"""What the protocols of live sessions have in common: JSON messages in, JSON events out."""

import base64
import binascii
from abc import ABC, abstractmethod

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_serving.http.live.messages import Json
from nemo_voice_stt.realtime.events import Event
from nemo_voice_stt.realtime.session import LiveSession

APPEND = "input_audio_buffer.append"
COMMIT = "input_audio_buffer.commit"
CLEAR = "input_audio_buffer.clear"
DONE = "input_audio_buffer.done"
SESSION_UPDATE = "session.update"
TRANSCRIPTION_SESSION_UPDATE = "transcription_session.update"


class Wire(ABC):
    """One protocol, for one session."""

    @abstractmethod
    def greeting(self) -> list[Json]:
        """Returns what the server says first, unasked."""

    @abstractmethod
    async def handle(self, message: Json, session: LiveSession) -> list[Json]:
        """Does what a client's message says, and returns the events that answer it.

        Raises:
            VoiceError: The message is wrong; the session goes on.
        """

    @abstractmethod
    def rendered(self, event: Event) -> list[Json]:
        """Returns what a client is told of an event of the session."""


def audio_of(message: Json) -> bytes:
    """Returns the audio of an append message.

    Raises:
        InvalidRequest: It is not base64.
    """
    audio = message.get("audio")
    if not isinstance(audio, str):
        raise InvalidRequest("audio: send the samples as base64 text.", param="audio")
    try:
        return base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest("audio: this is not base64.", param="audio") from None
