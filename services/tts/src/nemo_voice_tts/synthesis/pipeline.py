"""The phrases of one text in work: cut, then spectrograms, then sound, a few ahead of a consumer.

`synthesis.py` makes one of each request.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.batcher import Served
from nemo_voice_tts.synthesis.word_times import SpokenPhrase
from nemo_voice_tts.text.reading import ReadPhrase

FIRST, LATER = 0, 1
"""How urgent a phrase is: the first one of a text, and the others."""

WindowSound = asyncio.Future[Served[Samples]]
"""The sound of one window, once its vocoder batch has run."""


@dataclass(frozen=True, slots=True)
class PhraseSound:
    """The sound of a phrase that is on its way."""

    windows: list[WindowSound]
    phrase: SpokenPhrase | None = None
    """What it says when; absent where it has no sound."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the sound of a phrase."""

    samples: Samples
    phrase: SpokenPhrase | None
    """With the first piece of each phrase: what the phrase says when."""


def silence(seconds: float, rate_hz: int) -> list[WindowSound]:
    """Returns so many seconds of silence, in pieces of a second at most."""
    left = round(seconds * rate_hz)
    pieces: list[WindowSound] = []
    while left > 0:
        piece: WindowSound = asyncio.get_running_loop().create_future()
        samples = np.zeros(min(left, rate_hz), dtype=np.float32)
        piece.set_result(Served(samples, wait_s=0.0, run_s=0.0, batch_items=1))
        pieces.append(piece)
        left -= len(samples)
    return pieces


class Pipeline:
    """The phrases of one text in work: as tasks until their spectrogram is made, then as sound."""

    def __init__(
        self,
        phrases: Iterable[ReadPhrase],
        window_sounds: Callable[[ReadPhrase, int], Coroutine[Any, Any, PhraseSound]],
        *,
        ahead: int,
        urgency: int = FIRST,
    ) -> None:
        self._phrases = iter(phrases)
        self._window_sounds = window_sounds
        self._ahead = ahead
        self._coming: deque[asyncio.Task[PhraseSound]] = deque()
        self._beginning: SpokenPhrase | None = None
        self._sounding: deque[WindowSound] = deque()
        self._urgency = urgency
        self._has_sounded = False

    async def next_piece(self) -> Piece | None:
        """Returns the next piece of sound once it is made; None at the end of the text."""
        self._look_ahead()
        while not self._sounding:
            if not self._coming:
                return None
            sound = await self._coming[0]
            self._sounding.extend(sound.windows)
            self._beginning = sound.phrase
            del self._coming[0]
            self._look_ahead()
        served = await self._sounding[0]
        del self._sounding[0]
        self._has_sounded = True
        self._look_ahead()
        begun, self._beginning = self._beginning, None
        return Piece(served.output, begun)

    async def aclose(self) -> None:
        """Cancels what is in work and waits until it has left the queues."""
        for phrase in self._coming:
            phrase.cancel()
            if phrase.done() and not phrase.cancelled() and phrase.exception() is None:
                self._sounding.extend(phrase.result().windows)
        for sound in self._sounding:
            sound.cancel()
        # The first await comes last: once a streamed response is cancelled, every await is.
        await asyncio.gather(*self._coming, *self._sounding, return_exceptions=True)

    def _look_ahead(self) -> None:
        # Starting later phrases before the first sound would delay it: their spectrograms would
        # run on the device before its vocoder.
        ahead = self._ahead if self._has_sounded else 1
        while len(self._coming) < ahead:
            phrase = next(self._phrases, None)
            if phrase is None:
                return
            self._coming.append(asyncio.create_task(self._window_sounds(phrase, self._urgency)))
            self._urgency = LATER
