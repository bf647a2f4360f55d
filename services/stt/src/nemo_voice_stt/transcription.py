"""How audio becomes text: decoded, cut at silences, recognised in shared batches, stitched by time.

The routes call `Transcription.transcribe`; no HTTP here and no torch. Memory is bounded by the
pieces in work, not by the length of the audio.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from nemo_voice_serving.admission import Admission
from nemo_voice_serving.audio import decode, stated_duration_s
from nemo_voice_serving.batching import Batcher
from nemo_voice_serving.silence import Piece, cut_at_silences
from nemo_voice_stt.recogniser import Recognition, Samples, Word


@dataclass(frozen=True, slots=True)
class Hearing:
    """How audio is cut and how far ahead of its recognition it is decoded."""

    piece_s: float
    pieces_ahead: int
    max_audio_s: float
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Passage:
    """What one piece of the audio said, with times from the start of the whole."""

    text: str
    words: tuple[Word, ...]
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the audio said."""

    text: str
    passages: tuple[Passage, ...]
    duration_s: float

    @property
    def words(self) -> tuple[Word, ...]:
        """Every word in order."""
        return tuple(word for passage in self.passages for word in passage.words)


class Transcription:
    """Transcribes audio with one recogniser, sharing its batches between requests."""

    def __init__(
        self,
        recognitions: Batcher[Samples, Recognition],
        *,
        sample_rate_hz: int,
        admission: Admission,
        hearing: Hearing,
    ) -> None:
        self._recognitions = recognitions
        self._rate_hz = sample_rate_hz
        self._admission = admission
        self._hearing = hearing

    async def transcribe(self, source: BinaryIO) -> Transcript:
        """Returns the transcript of a file in any container that a decoder reads.

        Raises:
            UnsupportedAudio: When nothing in the file can be decoded.
            PayloadTooLarge: When the audio is longer than one request may be.
            Overloaded: When too much audio is waiting already.
        """
        passages = [passage async for passage in self.passages(source)]
        text = " ".join(passage.text for passage in passages if passage.text)
        duration_s = passages[-1].end_s if passages else 0.0
        return Transcript(text, tuple(passages), duration_s)

    async def passages(self, source: BinaryIO) -> AsyncIterator[Passage]:
        """Yields what each piece says, in order, as soon as it is recognised."""
        hearing = self._hearing
        known_s = await asyncio.to_thread(stated_duration_s, source)
        # A long file holds at most its pieces in work; an unknown length counts as one piece.
        work_s = min(known_s or hearing.piece_s, hearing.pieces_ahead * hearing.piece_s)
        with self._admission.admit(work_s):
            blocks = decode(source, self._rate_hz, max_audio_s=hearing.max_audio_s)
            pieces = cut_at_silences(blocks, self._rate_hz, max_piece_s=hearing.piece_s)
            pending: deque[asyncio.Task[Passage]] = deque()
            try:
                while (piece := await asyncio.to_thread(_next, pieces)) is not None:
                    pending.append(asyncio.create_task(self._recognise(piece)))
                    if len(pending) >= hearing.pieces_ahead:
                        yield await pending[0]
                        del pending[0]
                while pending:
                    yield await pending[0]
                    del pending[0]
            finally:
                for task in pending:
                    task.cancel()
                await asyncio.gather(*pending, return_exceptions=True)

    async def _recognise(self, piece: Piece) -> Passage:
        duration_s = len(piece.samples) / self._rate_hz
        if piece.is_silent:
            return Passage("", (), piece.start_s, piece.start_s + duration_s)
        served = await self._recognitions.submit(
            piece.samples, length=duration_s, timeout_s=self._hearing.timeout_s
        )
        return placed(served.output, piece.start_s, duration_s)


def _next(pieces: Iterator[Piece]) -> Piece | None:
    return next(pieces, None)


def placed(recognition: Recognition, start_s: float, duration_s: float) -> Passage:
    """Returns the recognition of a piece with its times moved to where the piece stands."""
    words = tuple(
        Word(word.text, word.start_s + start_s, word.end_s + start_s, word.confidence)
        for word in recognition.words
    )
    return Passage(recognition.text, words, start_s, start_s + duration_s)
