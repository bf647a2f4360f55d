"""Implements the port to a recogniser of live audio with a cache-aware NeMo model.

The model is the one that files are transcribed with, at rest on its device: nothing of that path is
changed. Streams that are open share each step. Everything but adding audio happens on the device
thread.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from typing_extensions import override

from nemo_voice_serving.audio.levels import SILENCE_DBFS
from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.nemo.hardware import guarded
from nemo_voice_stt.backends.batches import loudest_dbfs
from nemo_voice_stt.backends.cache_aware.contexts import chosen, contexts_of
from nemo_voice_stt.backends.cache_aware.decoders import (
    CtcStreams,
    StreamDecoder,
    TransducerStreams,
)
from nemo_voice_stt.backends.cache_aware.encoder import EncoderState, StreamingEncoder
from nemo_voice_stt.backends.cache_aware.growing_text import GrowingText
from nemo_voice_stt.backends.cache_aware.warm_up import hear_noise
from nemo_voice_stt.backends.cache_aware.windows import Window, Windows
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.ctc import CtcDecoder
from nemo_voice_stt.backends.transducer_ctc.decoding_pipeline import Stages
from nemo_voice_stt.backends.transducer_ctc.frame_decoder import Tokens
from nemo_voice_stt.backends.transducer_ctc.word_times import Timing, words_of
from nemo_voice_stt.transcription.port import Recognition
from nemo_voice_stt.transcription.streaming_port import (
    MAX_STREAMS,
    AudioStream,
    Heard,
    StreamingRecogniser,
    StreamPart,
)
from nemo_voice_stt.transcription.writing import joined

logger = logging.getLogger(__name__)


class CacheAwareStream(AudioStream):
    """One utterance."""

    def __init__(
        self,
        windows: Windows,
        state: Any,
        growing: GrowingText,
        padded_length: Callable[[int], int],
        rate_hz: int,
        language: str | None,
    ) -> None:
        self.language = language
        self.encoder = EncoderState()
        self.decoder = state
        self.is_audible = False
        """Whether anything was loud enough for a word so far."""
        self.text = ""
        self.growing = growing
        self._windows = windows
        self._padded_length = padded_length
        self._rate_hz = rate_hz
        self._samples = 0

    @property
    @override
    def audio_s(self) -> float:
        """How much was added."""
        return self._samples / self._rate_hz

    @property
    @override
    def heard_s(self) -> float:
        """How much of that was given away in parts."""
        return min(self._samples, self._windows.taken) / self._rate_hz

    @override
    def add(self, samples: Samples) -> None:
        self._samples += len(samples)
        self._windows.add(samples)

    @override
    def end(self) -> None:
        self._windows.end(self._padded_length(self._samples))

    @override
    def next_part(self) -> "CacheAwarePart | None":
        window = self._windows.next()
        return None if window is None else CacheAwarePart(self, window)


@dataclass(frozen=True, slots=True, eq=False)
class CacheAwarePart(StreamPart):
    """A window of one stream."""

    stream: CacheAwareStream
    window: Window

    @property
    @override
    def chunks(self) -> int:
        return self.window.chunks


class CacheAwareRecogniser(StreamingRecogniser):
    """Streams of a transducer, a CTC model or a hybrid, prompted or not."""

    def __init__(
        self, stages: Stages, encoder: StreamingEncoder, options: RecogniserOptions
    ) -> None:
        self._stages = stages
        self._encoder = encoder
        self._options = options
        self._closed: deque[EncoderState] = deque()
        self._decoder: StreamDecoder
        if isinstance(stages.decoder, CtcDecoder):
            self._decoder = CtcStreams(stages.decoder)
        else:
            self._decoder = TransducerStreams(stages.model, stages.vocabulary)
        self.sample_rate_hz = stages.sample_rate_hz
        self.chunk_s = encoder.geometry.chunk * stages.frame_s
        self.sizes = encoder.geometry.sizes

    @property
    def streams(self) -> int:
        """How many streams the device's memory has something of."""
        return self._encoder.streams

    @override
    def open(self, language: str | None) -> CacheAwareStream:
        rate_hz = self.sample_rate_hz
        return CacheAwareStream(
            Windows(self._encoder.geometry),
            self._decoder.begin(),
            GrowingText(self._stages.vocabulary.text_of),
            lambda samples: self._options.padded_length(samples, rate_hz),
            rate_hz,
            language,
        )

    @override
    def close(self, stream: AudioStream) -> None:
        assert isinstance(stream, CacheAwareStream)  # noqa: S101 streams are this one's own
        # Freed by the next step, or by that which has a part of it: both are on the device thread.
        stream.encoder.is_closed = True
        if stream.encoder.slot is not None:
            self._closed.append(stream.encoder)

    @override
    def step(self, batch: Sequence[StreamPart], /) -> Sequence[Heard]:
        own = [_own(part) for part in batch]
        with guarded(), torch.inference_mode():
            self._free_closed()
            try:
                return self._step(own)
            finally:
                for part in own:
                    if part.stream.encoder.is_closed:
                        self._encoder.forget(part.stream.encoder)

    @override
    def warm_up(self, report: Callable[[str], None]) -> None:
        """Hears noise as streams would; on a GPU as many as may share a step."""
        most = MAX_STREAMS if self._stages.device.type == "cuda" else 1
        hear_noise(self, most, report)
        with guarded():
            self._free_closed()

    def _free_closed(self) -> None:
        while self._closed:
            self._encoder.forget(self._closed.popleft())

    def _step(self, batch: Sequence[CacheAwarePart]) -> list[Heard]:
        prompts = self._stages.prompts
        states = [part.stream.encoder for part in batch]
        windows = [part.window for part in batch]
        encoded = self._encoder.encode(windows, states)
        frames = encoded.frames
        if prompts is not None:
            frames = prompts.apply(frames, [part.stream.language for part in batch])
        decoded = self._decoded(batch, frames, encoded.lengths.tolist())
        ended = [row for row, window in enumerate(windows) if window.is_last]
        spelled = self._decoder.spelled([decoded[row] for row in ended])
        # From here on nothing fails: what the streams remember is changed for all of them.
        self._encoder.remember(windows, states, encoded)
        finals = dict(zip(ended, spelled, strict=True))
        return [
            self._heard(part.stream, decoded[row], finals.get(row))
            for row, part in enumerate(batch)
        ]

    def _decoded(
        self, batch: Sequence[CacheAwarePart], frames: torch.Tensor, lengths: Sequence[int]
    ) -> list[Any]:
        """Returns the decoder's states after the frames; models invent words in silence."""
        for part in batch:
            level = loudest_dbfs(part.window.samples, self.sample_rate_hz)
            part.stream.is_audible = part.stream.is_audible or level > SILENCE_DBFS
        states = [part.stream.decoder for part in batch]
        rows = [row for row, part in enumerate(batch) if part.stream.is_audible and lengths[row]]
        after = [
            self._decoder.skip(length, state) for length, state in zip(lengths, states, strict=True)
        ]
        if rows:
            own = self._decoder.decode(
                frames[rows], [lengths[row] for row in rows], [states[row] for row in rows]
            )
            for row, state in zip(rows, own, strict=True):
                after[row] = state
        return after

    def _heard(self, stream: CacheAwareStream, state: Any, final: Tokens | None) -> Heard:
        has_more = len(state.tokens) > len(stream.decoder.tokens)
        stream.decoder = state
        if final is not None:
            recognition = self._recognition(final, stream.audio_s)
            return Heard(recognition.text, recognition)
        if has_more:
            stream.text = stream.growing.follow(self._shown(state.tokens))
        return Heard(stream.text)

    def _recognition(self, tokens: Tokens, audio_s: float) -> Recognition:
        timing = Timing(self._stages.frame_s, audio_s)
        words = words_of(self._shown(tokens), timing, self._stages.vocabulary.text_of)
        return Recognition(joined(words), words)

    def _shown(self, tokens: Tokens) -> Tokens:
        """Returns the tokens without those that are no words."""
        signals = self._stages.vocabulary.signals
        return tuple(token for token in tokens if token.number not in signals)


def streaming_of(stages: Stages, options: RecogniserOptions) -> CacheAwareRecogniser | None:
    """Returns what hears live audio with a loaded model; None where it needs whole utterances.

    Raises:
        UnusableModel: The settings name a look-ahead that the checkpoint was not trained with.
    """
    contexts = contexts_of(stages.model)
    is_ctc = isinstance(stages.decoder, CtcDecoder)
    if not contexts or not (is_ctc or TransducerStreams.can_decode(stages.model)):
        return None
    context = chosen(contexts, options.lookahead_ms, stages.frame_s)
    recogniser = CacheAwareRecogniser(stages, StreamingEncoder(stages, context), options)
    facts = {"att_context_size": list(context), "chunk_s": recogniser.chunk_s}
    logger.info("model hears live audio part by part", extra=facts)
    return recogniser


def _own(part: StreamPart) -> CacheAwarePart:
    assert isinstance(part, CacheAwarePart)  # noqa: S101 parts are this one's own
    return part
