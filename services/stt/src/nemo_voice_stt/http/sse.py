"""A transcript as server-sent events, as OpenAI frames it with `stream`."""

import math
from collections.abc import Iterable

from nemo_voice_serving.http.streaming import event
from nemo_voice_stt.http.response_schemas import TokenLogprob

AUDIO_TOKENS_PER_S = 10
"""As OpenAI counts audio: a token for each tenth of a second."""

END = b"data: [DONE]\n\n"
"""After it, OpenAI's clients read no more."""


def delta(text: str, logprobs: Iterable[TokenLogprob] | None = None) -> bytes:
    """Returns the event that adds to the text."""
    return event({"type": "transcript.text.delta", "delta": text, **_logprobs(logprobs)})


def done(
    text: str, audio_s: float, tokens: int, logprobs: Iterable[TokenLogprob] | None = None
) -> bytes:
    """Returns the event with the whole text, and what it took in OpenAI's units of account."""
    audio_tokens = math.ceil(audio_s * AUDIO_TOKENS_PER_S)
    usage = {
        "type": "tokens",
        "input_tokens": audio_tokens,
        "input_token_details": {"audio_tokens": audio_tokens, "text_tokens": 0},
        "output_tokens": tokens,
        "total_tokens": audio_tokens + tokens,
    }
    whole = {"type": "transcript.text.done", "text": text, "usage": usage}
    return event({**whole, **_logprobs(logprobs)})


def _logprobs(logprobs: Iterable[TokenLogprob] | None) -> dict[str, object]:
    return {} if logprobs is None else {"logprobs": [one.model_dump() for one in logprobs]}
