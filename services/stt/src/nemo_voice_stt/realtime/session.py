"""One live session: samples in, events out, whatever the protocol in front of it.

The client appends samples; an item of the session is what it commits, or what the detector of
speech finds. Partials, and in the end a final transcript, follow for each item.
"""

import asyncio
import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from nemo_voice_stt.realtime.audio_buffer import AudioBuffer
from nemo_voice_stt.realtime.audio_format import LiveDecoder
from nemo_voice_stt.realtime.engine import LiveEngine, SpeechDetector, Utterance
from nemo_voice_stt.realtime.errors import BufferTooSmall, FormatChanged
from nemo_voice_stt.realtime.events import (
    Cleared,
    Committed,
    Event,
    Partial,
    SpeechStarted,
    SpeechStopped,
)
from nemo_voice_stt.realtime.finals import EndedItem, Finals, SessionObserver
from nemo_voice_stt.realtime.options import LiveOptions, SessionLimits
from nemo_voice_stt.realtime.pauses import Pauses
from nemo_voice_stt.realtime.speech_finder import SpeechFinder
from nemo_voice_stt.realtime.turns import TurnStarted, TurnStopped

_STEP_S = 0.1
"""A longer piece of audio is listened to in such steps."""
_LEAST_COMMIT_S = 0.1
_LONGEST_WAIT_S = 15.0
"""For a pause, once an item is as long as it may be."""


@dataclass(slots=True, eq=False)
class _Item:
    item_id: str
    utterance: Utterance
    begins: int
    """Where in the session's audio."""
    fed: int
    """Up to where its utterance has it."""
    pauses: Pauses
    began_s: float
    """When, by the loop's clock."""
    shown: list[str] = field(default_factory=list)


class LiveSession:
    """The audio, the items and the events of one client."""

    def __init__(
        self,
        engine: LiveEngine,
        detector: SpeechDetector,
        emit: Callable[[Event], None],
        observer: SessionObserver,
        *,
        options: LiveOptions,
        limits: SessionLimits,
    ) -> None:
        """Takes what makes text and what finds speech, and where events go; `emit` never waits."""
        self._engine = engine
        self._detector = detector
        self._emit = emit
        self._limits = limits
        self._options = options
        self._finals = Finals(
            emit, observer, most=limits.max_unfinished, most_s=2 * limits.max_utterance_s
        )
        self._decoder = LiveDecoder(options.audio_format)
        self._audio = AudioBuffer(options.audio_format)
        self._item: _Item | None = None
        self._previous_id: str | None = None
        self._finder = self._new_finder()

    @property
    def options(self) -> LiveOptions:
        """What the client chose."""
        return self._options

    @property
    def is_open(self) -> bool:
        """Whether audio waits for its commit: an utterance is on its way."""
        return self._item is not None

    @property
    def heard_s(self) -> float:
        """How much audio was listened to since the session began."""
        return self._audio.ends_at_s

    def configure(self, options: LiveOptions) -> None:
        """Changes the options from the next audio on.

        Raises:
            FormatChanged: Audio of another format waits for its commit.
        """
        before = self._options
        if options.audio_format != before.audio_format:
            if self._item is not None:
                message = "Commit or clear the audio that was sent before its format changes."
                raise FormatChanged(message, param="session.audio.input.format")
            self._decoder = LiveDecoder(options.audio_format)
            self._audio = AudioBuffer(options.audio_format, begins_at_s=self._audio.ends_at_s)
        self._options = options
        is_same_audio = options.audio_format == before.audio_format
        if not is_same_audio or options.turn_detection != before.turn_detection:
            self._finder = self._new_finder(in_speech=self._is_speaking)

    async def append(self, data: bytes) -> None:
        """Takes the next audio, in the client's format; returns once it has been listened to."""
        pcm = self._decoder.decode(data)
        step = self._options.audio_format.bytes_of(_STEP_S)
        for first in range(0, len(pcm), step):
            if first:
                await asyncio.sleep(0)  # minutes may come in one piece: others have their turn
            await self._take(pcm[first : first + step])

    async def commit(self) -> None:
        """Ends the open item where its audio ends now.

        Raises:
            BufferTooSmall: Less than 0.1 s of audio waits.
        """
        audio = self._audio
        begins = audio.begins if self._item is None else self._item.begins
        waiting_s = audio.seconds_between(begins, audio.ends)
        if waiting_s < _LEAST_COMMIT_S:
            raise BufferTooSmall(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of"
                f" audio, but buffer only has {waiting_s * 1000:.2f}ms of audio."
            )
        await self._finish(self._item or self._open(begins), audio.ends)
        self._begin_anew()

    async def clear(self) -> None:
        """Forgets the audio that is not committed."""
        await self._drop_item()
        self._audio.forget_before(self._audio.ends)
        self._begin_anew()
        self._emit(Cleared())

    async def end_item(self) -> None:
        """Commits what waits, if there is anything; a crumb of it is dropped."""
        item, audio = self._item, self._audio
        if item is None:
            return
        if audio.seconds_between(item.begins, audio.ends) >= _LEAST_COMMIT_S:
            await self._finish(item, audio.ends)
        else:
            await self._drop_item()
        self._begin_anew()

    async def finish(self) -> None:
        """Commits what waits, and waits for all final transcripts."""
        await self.end_item()
        await self._finals.settle()

    async def settle(self) -> None:
        """Waits for the final transcripts of what is committed."""
        await self._finals.settle()

    async def close(self) -> None:
        """Stops all work; what is unfinished is lost."""
        await self._drop_item()
        await self._finals.close()

    def _begin_anew(self) -> None:
        """Takes what follows for the start of something: no half sample is left over for it."""
        self._decoder = LiveDecoder(self._options.audio_format)
        self._finder = self._new_finder()

    @property
    def _is_speaking(self) -> bool:
        """Whether the open item is one whose end the service looks for."""
        return self._item is not None and self._finder is not None and self._finder.in_speech

    def _new_finder(self, *, in_speech: bool = False) -> SpeechFinder | None:
        """Returns what looks for speech from here on; None where the client commits itself."""
        detection = self._options.turn_detection
        if detection is None:
            return None
        return SpeechFinder(
            self._detector,
            self._options.audio_format,
            detection,
            begins_at_s=self._audio.ends_at_s,
            in_speech=in_speech,
            kept_silence_s=self._limits.early_final_s or math.inf,
        )

    async def _drop_item(self) -> None:
        item, self._item = self._item, None
        if item is not None:
            await item.utterance.close()

    async def _take(self, pcm: bytes) -> None:
        if not pcm:
            return
        self._audio.add(pcm)
        if self._finder is None:
            self._feed(self._item or self._open(self._audio.begins), self._audio.ends)
        else:
            await self._listen(self._finder, pcm)
        item = self._item
        if item is not None and self._is_too_long(item):
            await self._divide(item)

    def _is_too_long(self, item: _Item) -> bool:
        """Whether to divide the item here: in a pause, if there is one."""
        over_s = self._audio.seconds_between(item.begins, item.fed) - self._limits.max_utterance_s
        return over_s >= _LONGEST_WAIT_S or (over_s >= 0 and item.pauses.is_pause)

    async def _divide(self, item: _Item) -> None:
        """Commits an item that is as long as it may be; in speech the next one begins there."""
        await self._finish(item, item.fed)
        if self._finder is not None:
            self._start(item.fed)

    async def _listen(self, finder: SpeechFinder, pcm: bytes) -> None:
        audio = self._audio
        kept_s = finder.detection.padding_s
        for turn in await finder.follow(pcm):
            if isinstance(turn, TurnStarted):
                self._start(max(audio.begins, audio.place_of(max(0.0, turn.at_s - kept_s))))
            elif self._item is not None:
                await self._stop(self._item, turn)
        if self._item is not None:
            self._feed(self._item, audio.place_of(finder.spoken_until_s))
            if finder.may_be_over and self._item.fed > self._item.begins:
                self._item.utterance.may_be_over()
        else:
            quiet_s = max(0.0, finder.at_s - kept_s)
            audio.forget_before(max(audio.begins, audio.place_of(quiet_s)))

    async def _stop(self, item: _Item, turn: TurnStopped) -> None:
        ends = self._audio.place_of(turn.spoken_until_s)
        if ends <= item.begins:  # it was divided in this silence, and has nothing else
            ends = self._audio.place_of(turn.at_s)
        self._emit(SpeechStopped(item.item_id, self._audio.ms_of(ends)))
        await self._finish(item, ends)

    def _start(self, begins: int) -> None:
        # An item that is open already is one whose client left the commits to itself before.
        item = self._item or self._open(begins)
        self._emit(SpeechStarted(item.item_id, self._audio.ms_of(item.begins)))

    def _open(self, begins: int) -> _Item:
        item_id = f"item_{uuid.uuid4().hex[:24]}"

        def show(added: str) -> None:
            item.shown.append(added)
            self._emit(Partial(item_id, added))

        utterance = self._engine.begin(self._options, show)
        pauses = Pauses(self._options.audio_format)
        now_s = asyncio.get_running_loop().time()
        item = _Item(item_id, utterance, begins, begins, pauses, now_s)
        self._item = item
        return item

    def _feed(self, item: _Item, up_to: int) -> None:
        if up_to > item.fed:
            pcm = self._audio.between(item.fed, up_to)
            item.utterance.add(pcm)
            item.pauses.add(pcm)
            item.fed = up_to
            self._audio.forget_before(up_to)

    async def _finish(self, item: _Item, ends: int) -> None:
        """Commits the item up to there, and begins its final transcript."""
        self._feed(item, ends)
        self._item = None
        self._emit(Committed(item.item_id, self._previous_id))
        self._previous_id = item.item_id
        audio_s = self._audio.seconds_between(item.begins, item.fed)
        begins_at_s = self._audio.seconds_between(0, item.begins)
        heard_s = asyncio.get_running_loop().time() - item.began_s
        await self._finals.begin(
            EndedItem(item.item_id, item.utterance, begins_at_s, audio_s, item.shown, heard_s)
        )
