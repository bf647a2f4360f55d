"""The teacher: a typed wrapper round libespeak-ng, for training data and evaluation only.

Gives speech together with the times of its words and phonemes. Nothing at run time imports this.
One `Espeak` a process: the library keeps its state in globals.
"""

import ctypes
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 22050

_LIBRARY = "libespeak-ng.so.1"
_OUTPUT_SYNCHRONOUS = 2  # nothing is played: a callback takes the samples
_OPTION_PHONEME_EVENTS = 1
_TEXT_UTF8 = 1
_TEXT_PHONEMES = 0x100  # [[...]] in the text is read as phoneme names
_RATE, _PITCH, _WORD_GAP = 1, 3, 7  # numbers of espeak's parameters
_EVENT_END, _EVENT_WORD, _EVENT_PHONEME = 0, 1, 7


@dataclass(frozen=True)
class WordEvent:
    """The moment a word begins."""

    position: int
    """Index of the word's first character in the text given."""
    length: int
    """Characters espeak took for this word; it may join words such as "of the"."""
    sample: int
    """Index of the word's first sample."""


@dataclass(frozen=True)
class PhonemeEvent:
    """The moment a phoneme begins."""

    name: str
    """Name of the phoneme in espeak's own notation; pauses begin with `_`."""
    sample: int
    """Index of the phoneme's first sample."""


@dataclass(frozen=True)
class Utterance:
    """Speech with the times of what is spoken in it."""

    samples: npt.NDArray[np.int16]
    """Mono samples at `SAMPLE_RATE_HZ`."""
    words: tuple[WordEvent, ...]
    phonemes: tuple[PhonemeEvent, ...]


class _EventId(ctypes.Union):
    _fields_: ClassVar = [
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    ]


class _Event(ctypes.Structure):
    _fields_: ClassVar = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Espeak:
    """The espeak-ng library, ready to speak.

    Raises:
        OSError: libespeak-ng is not installed (`apt-get install espeak-ng`).
        RuntimeError: the library could not start.
    """

    def __init__(self) -> None:
        self._library = ctypes.CDLL(_LIBRARY)
        rate_hz = self._library.espeak_Initialize(
            _OUTPUT_SYNCHRONOUS, 500, None, _OPTION_PHONEME_EVENTS
        )
        if rate_hz != SAMPLE_RATE_HZ:
            raise RuntimeError(f"espeak-ng gives {rate_hz} Hz, {SAMPLE_RATE_HZ} Hz is needed")
        self._pieces: list[npt.NDArray[np.int16]] = []
        self._words: list[WordEvent] = []
        self._phonemes: list[PhonemeEvent] = []
        self._voice = ""
        self._callback = _Callback(self._receive)  # kept: the library holds no reference
        self._library.espeak_SetSynthCallback(self._callback)

    def synth(
        self,
        text: str,
        *,
        voice: str = "en-us",
        rate: int = 150,
        pitch: int = 50,
        word_gap_ms: int = 0,
    ) -> Utterance:
        """Returns speech for a text, in which `[[...]]` holds phoneme names.

        Args:
            text: What to say.
            voice: A voice name, with a variant if wanted: `en-us`, `en-us+m3`.
            rate: Words a minute.
            pitch: 0 to 99.
            word_gap_ms: Silence between words, in steps of 10 ms at the default rate.
        """
        self._set(voice=voice, rate=rate, pitch=pitch, word_gap_ms=word_gap_ms)
        self._pieces, self._words, self._phonemes = [], [], []
        data = text.encode()
        self._library.espeak_Synth(
            data,
            ctypes.c_size_t(len(data) + 1),
            0,
            1,
            0,
            _TEXT_UTF8 | _TEXT_PHONEMES,
            None,
            None,
        )
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.int16)
        return Utterance(samples, tuple(self._words), tuple(self._phonemes))

    def _set(self, *, voice: str, rate: int, pitch: int, word_gap_ms: int) -> None:
        if voice != self._voice:
            if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise ValueError(f"espeak-ng has no voice {voice!r}")
            self._voice = voice
        for number, value in ((_RATE, rate), (_PITCH, pitch), (_WORD_GAP, word_gap_ms // 10)):
            self._library.espeak_SetParameter(number, value, 0)

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        if count > 0 and samples:
            self._pieces.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        index = 0
        while (event := events[index]).type != _EVENT_END:
            if event.type == _EVENT_WORD:
                self._words.append(WordEvent(event.text_position - 1, event.length, event.sample))
            elif event.type == _EVENT_PHONEME:
                name = bytes(event.id.string).split(b"\0")[0].decode("utf-8", "replace")
                self._phonemes.append(PhonemeEvent(name, event.sample))
            index += 1
        return 0
