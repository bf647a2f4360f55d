"""Speech as server-sent events, as OpenAI frames it with `stream_format: sse`."""

import base64
import math
from collections.abc import Iterator

from nemo_voice_serving.http.streaming import event

OUTPUT_TOKENS_PER_S = 20
"""About as many as OpenAI's speech models make of a second, so that bills stay in proportion."""

_DELTA_BYTES = 24_576
"""Audio of one event: many clients read no line over 64 kB. A multiple of 3 needs no padding."""


def deltas(audio: bytes) -> Iterator[bytes]:
    """Yields the events that carry these bytes of the encoded speech."""
    for start in range(0, len(audio), _DELTA_BYTES):
        part = base64.b64encode(audio[start : start + _DELTA_BYTES]).decode()
        yield event({"type": "speech.audio.delta", "audio": part})


def done(text: str, audio_s: float) -> bytes:
    """Returns the last event: what was said and how long it is, in OpenAI's units of account."""
    read, made = len(text), math.ceil(audio_s * OUTPUT_TOKENS_PER_S)
    usage = {"input_tokens": read, "output_tokens": made, "total_tokens": read + made}
    return event({"type": "speech.audio.done", "usage": usage})
