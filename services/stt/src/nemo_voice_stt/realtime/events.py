"""What happens in a live session, in the order in which a client is told."""

from dataclasses import dataclass

from nemo_voice_serving.errors import VoiceError
from nemo_voice_stt.transcription.transcription import Transcript


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech was found; the item that it becomes is named from here on."""

    item_id: str
    at_ms: int
    """From the start of the session's audio, the padding before the speech included."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The speech of an item has ended."""

    item_id: str
    at_ms: int
    """From the start of the session's audio, the silence that ended it included."""


@dataclass(frozen=True, slots=True)
class Committed:
    """The audio of an item is complete; its final transcript follows."""

    item_id: str
    previous_item_id: str | None


@dataclass(frozen=True, slots=True)
class Cleared:
    """The audio that was not committed yet is forgotten."""


@dataclass(frozen=True, slots=True)
class Partial:
    """Words of an item that two passes agreed on; what was said before stays as it is."""

    item_id: str
    added: str
    """What follows the item's earlier partials, with the space between."""


@dataclass(frozen=True, slots=True)
class Final:
    """The whole transcript of an item, which may differ from its partials."""

    item_id: str
    transcript: Transcript
    rest: str | None
    """What the partials lack of the text; None where they are not its beginning."""
    begins_at_s: float
    """Where in the session's audio the item begins: the words' times count from there."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An item could not be transcribed."""

    item_id: str
    error: VoiceError


Event = SpeechStarted | SpeechStopped | Committed | Cleared | Partial | Final | Failed
