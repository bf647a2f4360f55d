"""How audio becomes text: decoded, cut at silences, recognised in shared batches, stitched by time.

HTTP routes, the command line and the self-test iterate over `Transcription.passages`, each in its
own way. Memory is bounded by the pieces in work, not by the length of the audio.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from nemo_voice_serving.audio.containers import MIN_AUDIO_S
from nemo_voice_serving.audio.decoding import decode
from nemo_voice_serving.audio.raw import RawFormat
from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.audio.short_wav import read_short_wav
from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher, Served
from nemo_voice_stt.transcription.port import TRANSDUCER, Abilities, Clip, Recognition, Word
from nemo_voice_stt.transcription.silence_splitter import Piece, cut_at_silences
from nemo_voice_stt.transcription.writing import joined_passages, separator

_BLOCK_S = 10.0
"""How much is decoded in one step: most requests in one."""
_GAP_S = 3.0
"""More than the zeros that make a piece of their own."""
_FILE_URGENCY = 1
"""Behind the final transcripts of live sessions, until a file has waited for a while."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """How audio is cut and how far ahead of its recognition it is decoded."""

    piece_s: float
    pieces_ahead: int
    max_audio_s: float
    timeout_s: float
    urgency: int = _FILE_URGENCY
    """See `Waiting.urgency`; `AT_ONCE` for the self-test."""


@dataclass(frozen=True, slots=True)
class TranscriptionInput:
    """A recording to transcribe, and what is to be written of it."""

    file: BinaryIO
    raw_format: RawFormat | None = None
    """The format of samples without a header; absent for a file that has one."""
    hotwords: tuple[str, ...] = ()
    """Words and names to prefer to others that sound alike."""
    language: str | None = None
    """What is spoken, one of the model's `told_languages`; None leaves it to the model."""
    translate_to: str | None = None
    """The language to write it in, where that is another; None writes what is said."""
    needs_words: bool = False
    """Whether words with times are used."""
    is_live: bool = False
    """Whether somebody waits for it while speaking: served before files, and never refused."""
    known: dict[tuple[int, int], Recognition] = field(default_factory=dict)
    """Pieces that were recognised already, by their first sample and their length."""

    def clip(self, samples: Samples) -> Clip:
        """Returns a piece of the recording, for the model."""
        return Clip(samples, self.hotwords, self.language, self.translate_to, self.needs_words)


@dataclass(frozen=True, slots=True)
class Passage:
    """What one piece of the audio said, with times from the start of the whole."""

    text: str
    words: tuple[Word, ...]
    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """How long the piece is."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the audio said."""

    text: str
    passages: tuple[Passage, ...]
    duration_s: float

    @property
    def words(self) -> tuple[Word, ...]:
        """Every word in order."""
        words: list[Word] = []
        for passage in self.passages:
            if not passage.words:
                continue
            first, *others = passage.words
            follows = bool(words) and not separator(words[-1].text, first.text)
            words += [replace(first, is_joined=follows), *others]
        return tuple(words)


class Transcription:
    """Transcribes audio with one recogniser, sharing its batches between requests."""

    def __init__(
        self,
        recognitions: Batcher[Clip, Recognition],
        *,
        sample_rate_hz: int,
        admission: Admission,
        pacing: Pacing,
        abilities: Abilities = TRANSDUCER,
    ) -> None:
        self.abilities = abilities
        """What the recogniser can do beyond text."""
        self._recognitions = recognitions
        self._rate_hz = sample_rate_hz
        self._admission = admission
        self._pacing = pacing

    async def transcribe(self, recording: TranscriptionInput) -> Transcript:
        """Returns the transcript of a file in any container that a decoder reads.

        Raises:
            UnsupportedAudio: When nothing in the file can be decoded.
            PayloadTooLarge: When the audio is longer than one request may be.
            Overloaded: When too much audio is waiting already.
        """
        return transcript_of([passage async for passage in self.passages(recording)])

    @property
    def settled_after_s(self) -> float:
        """How much audio must follow the start of a piece for no later audio to change it."""
        return self._pacing.piece_s + _GAP_S

    async def recognise_ahead(self, recording: TranscriptionInput) -> None:
        """Recognises the pieces of a beginning that are those of the whole too; keeps them known.

        Raises as `transcribe` does.
        """
        pieces = await asyncio.to_thread(self._settled_pieces, recording)
        for piece in pieces:
            if not piece.is_silent and self._key(piece) not in recording.known:
                served = await self._submit(piece, recording, is_patient=True)
                recording.known[self._key(piece)] = served.output

    def _settled_pieces(self, recording: TranscriptionInput) -> list[Piece]:
        pieces = list(self._pieces(recording))
        ends_s = pieces[-1].start_s + len(pieces[-1].samples) / self._rate_hz
        return [piece for piece in pieces if piece.start_s + self.settled_after_s <= ends_s]

    def _pieces(self, recording: TranscriptionInput) -> Iterator[Piece]:
        blocks = decode(
            recording.file,
            self._rate_hz,
            block_s=_BLOCK_S,
            max_audio_s=self._pacing.max_audio_s,
            raw_format=recording.raw_format,
        )
        return cut_at_silences(blocks, self._rate_hz, max_piece_s=self._pacing.piece_s)

    async def _first_pieces(
        self, recording: TranscriptionInput
    ) -> tuple[Iterator[Piece], deque[Piece]]:
        """Returns the recording's pieces, and of them all that will be in work at once."""
        pacing = self._pacing
        short = read_short_wav(
            recording.file, self._rate_hz, min_audio_s=MIN_AUDIO_S, max_audio_s=pacing.max_audio_s
        )
        if short is not None:
            pieces = cut_at_silences([short], self._rate_hz, max_piece_s=pacing.piece_s)
            return pieces, deque(_take(pieces, pacing.pieces_ahead))
        pieces = self._pieces(recording)
        # One call of a thread decodes all of them: they are what takes room.
        return pieces, deque(await asyncio.to_thread(_take, pieces, pacing.pieces_ahead))

    async def passages(self, recording: TranscriptionInput) -> AsyncGenerator[Passage, None]:
        """Yields what each piece says, in order, as soon as it is recognised.

        Pieces are decoded a few ahead of the consumer; closing the generator stops the work. Raises
        as `transcribe` does.
        """
        if not recording.is_live:
            self._admission.refuse_when_full()
        pacing = self._pacing
        pieces, decoded = await self._first_pieces(recording)
        has_more = len(decoded) == pacing.pieces_ahead
        work_s = sum(len(piece.samples) for piece in decoded) / self._rate_hz
        with self._admission.admit(work_s, is_refusable=not recording.is_live):
            pending: deque[asyncio.Task[Passage]] = deque()
            has_begun = False
            try:
                while decoded:
                    piece = decoded.popleft()
                    work = self._recognise(piece, recording, is_patient=has_begun)
                    has_begun = has_begun or not piece.is_silent
                    pending.append(asyncio.create_task(work))
                    if has_more and not decoded:
                        decoded.extend(await asyncio.to_thread(_take, pieces, 1))
                    while pending and (not decoded or len(pending) >= pacing.pieces_ahead):
                        passage = await pending[0]
                        del pending[0]
                        yield passage
            finally:
                for task in pending:
                    task.cancel()
                await asyncio.gather(*pending, return_exceptions=True)

    async def _recognise(
        self, piece: Piece, recording: TranscriptionInput, *, is_patient: bool
    ) -> Passage:
        duration_s = len(piece.samples) / self._rate_hz
        if piece.is_silent:
            return Passage("", (), piece.start_s, piece.start_s + duration_s)
        known = recording.known.get(self._key(piece))
        if known is None:
            known = (await self._submit(piece, recording, is_patient=is_patient)).output
        return placed(known, piece.start_s, duration_s)

    async def _submit(
        self, piece: Piece, recording: TranscriptionInput, *, is_patient: bool
    ) -> Served[Recognition]:
        return await self._recognitions.submit(
            recording.clip(piece.samples),
            length=len(piece.samples) / self._rate_hz,
            urgency=0 if recording.is_live else self._pacing.urgency,
            timeout_s=self._pacing.timeout_s,
            is_patient=is_patient,
        )

    def _key(self, piece: Piece) -> tuple[int, int]:
        return round(piece.start_s * self._rate_hz), len(piece.samples)


def transcript_of(passages: Sequence[Passage]) -> Transcript:
    """Returns the passages of one recording as one transcript."""
    text = joined_passages([passage.text for passage in passages])
    return Transcript(text, tuple(passages), passages[-1].end_s if passages else 0.0)


def _take(pieces: Iterator[Piece], count: int) -> list[Piece]:
    return list(itertools.islice(pieces, count))


def placed(recognition: Recognition, start_s: float, duration_s: float) -> Passage:
    """Returns the recognition of a piece with its times moved to where the piece stands."""
    words = tuple(
        replace(word, start_s=word.start_s + start_s, end_s=word.end_s + start_s)
        for word in recognition.words
    )
    return Passage(recognition.text, words, start_s, start_s + duration_s)
