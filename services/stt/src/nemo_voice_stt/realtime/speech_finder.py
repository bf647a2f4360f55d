"""Finds speech in a session's audio: resamples it for the detector and follows the turns."""

import math
from collections.abc import Iterator

from nemo_voice_serving.audio.resampling import Resampler
from nemo_voice_stt.realtime.audio_format import LiveFormat, as_samples
from nemo_voice_stt.realtime.engine import SpeechDetector
from nemo_voice_stt.realtime.options import TurnDetection
from nemo_voice_stt.realtime.turns import Turns, TurnStarted, TurnStopped


class SpeechFinder:
    """The speech in one stream of 16-bit samples."""

    def __init__(
        self,
        detector: SpeechDetector,
        live_format: LiveFormat,
        detection: TurnDetection,
        *,
        begins_at_s: float,
        in_speech: bool = False,
        kept_silence_s: float = math.inf,
    ) -> None:
        """Takes, besides the client's choices, what `Turns` takes."""
        self.detection = detection
        self._resampler = Resampler(live_format.rate_hz, detector.sample_rate_hz)
        self._stream = detector.open()
        self._turns = Turns(
            detection,
            begins_at_s=begins_at_s,
            in_speech=in_speech,
            kept_silence_s=kept_silence_s,
        )

    @property
    def at_s(self) -> float:
        """Up to where it has listened."""
        return self._turns.at_s

    @property
    def in_speech(self) -> bool:
        """Whether speech goes on where it has listened to."""
        return self._turns.in_speech

    @property
    def may_be_over(self) -> bool:
        """Whether the speech ends where it is now, should the silence go on."""
        return self._turns.may_be_over

    @property
    def spoken_until_s(self) -> float:
        """Up to where all belongs to the utterance, whether the silence goes on or not."""
        return self._turns.spoken_until_s

    async def follow(self, pcm: bytes) -> Iterator[TurnStarted | TurnStopped]:
        """Returns where speech began and stopped in what was listened to with these samples."""
        probabilities = await self._stream.follow(self._resampler.push(as_samples(pcm)))
        followed = [self._turns.follow(probability) for probability in probabilities]
        return iter([turn for turn in followed if turn is not None])
