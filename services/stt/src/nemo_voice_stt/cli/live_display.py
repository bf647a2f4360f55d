"""Shows live transcripts: on a terminal as they grow, elsewhere a line for each utterance."""

import shutil
import unicodedata
from typing import TextIO

from nemo_voice_stt.realtime.events import Event, Failed, Final, Partial

_CLEAR_LINE = "\r\x1b[K"


class LiveDisplay:
    """Writes the events of one session."""

    def __init__(self, out: TextIO, errors: TextIO, *, with_words: bool) -> None:
        """Takes where text and errors go, and whether words are written with their times."""
        self._out = out
        self._errors = errors
        self._with_words = with_words
        self._is_terminal = out.isatty()
        self._growing: dict[str, str] = {}
        self.has_failed = False
        """Whether an utterance could not be transcribed."""

    def show(self, event: Event) -> None:
        """Shows an event, if there is anything to show of it."""
        match event:
            case Partial() if self._is_terminal:
                text = self._growing.get(event.item_id, "") + event.added
                self._growing[event.item_id] = text
                self._write(_CLEAR_LINE + _end_of(text, shutil.get_terminal_size().columns - 1))
            case Final():
                self._growing.pop(event.item_id, None)
                lines = self._lines(event)
                self._write(self._clear() + "".join(f"{line}\n" for line in lines))
            case Failed():
                self._growing.pop(event.item_id, None)
                self.has_failed = True
                self._write(self._clear())
                self._errors.write(f"error: {event.error}\n")
            case _:
                pass

    def _clear(self) -> str:
        return _CLEAR_LINE if self._is_terminal else ""

    def _lines(self, event: Final) -> list[str]:
        if self._with_words:
            begins_s = event.begins_at_s
            return [
                f"{begins_s + word.start_s:9.2f} {begins_s + word.end_s:9.2f} {word.text}"
                for word in event.transcript.words
            ]
        return [event.transcript.text] if event.transcript.text else []

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def _end_of(text: str, columns: int) -> str:
    """Returns as much of the end as one line of a terminal has room for."""
    kept, used = len(text), 0
    while kept > 0:
        used += 2 if unicodedata.east_asian_width(text[kept - 1]) in "WF" else 1
        if used > columns:
            break
        kept -= 1
    return text[kept:]
