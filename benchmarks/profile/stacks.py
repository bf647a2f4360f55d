"""From sampled stacks to what the process was doing.

A sample belongs to the innermost frame that a rule knows: torch's own frames say nothing, the
module of NeMo or of this project that called it does.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_LINE = re.compile(r"^(?P<frames>.*) (?P<count>\d+)$")
_FILE = re.compile(r"\((?P<file>[^()]*?)(?::\d+)?\)$")
REST = "the rest"

_EDGE = (
    "nemo_voice_serving/http/", "nemo_voice_stt/http/", "nemo_voice_tts/http/",
    "nemo_voice_serving/access/", "uvicorn/", "starlette/", "fastapi/", "python_multipart/",
    "multipart/", "pydantic/", "httptools/", "h11/", "anyio/", "prometheus_client/",
)  # fmt: skip
RULES: Mapping[str, tuple[str, ...]] = {
    "features": ("asr/modules/audio_preprocessing", "asr/parts/preprocessing/"),
    "encoder": ("asr/modules/conformer_encoder", "asr/parts/submodules/conformer", "int8"),
    "words, times, confidence": (
        "backends/transducer_ctc/word_", "backends/transducer_ctc/tokens", "captions/",
        "backends/transducer_ctc/emissions", "backends/transducer_ctc/punctuation",
    ),
    "decoder": (
        "asr/modules/rnnt", "asr/parts/submodules/rnnt", "asr/parts/submodules/transducer_decoding",
        "asr/parts/submodules/tdt", "asr/parts/utils/rnnt_utils",
        "backends/transducer_ctc/transducer", "backends/transducer_ctc/frame_decoder",
        "backends/transducer_ctc/greedy_search", "backends/transducer_ctc/native",
        "backends/transducer_ctc/search_network", "backends/transducer_ctc/ctc",
    ),
    "batch, put together": ("backends/transducer_ctc/", "backends/fastpitch_hifigan/backend"),
    "reading the text": (
        "nemo_voice_tts/text/", "nemo_text_processing/", "fastpitch_hifigan/vocabulary",
    ),
    "FastPitch": (
        "tts/modules/fastpitch", "tts/modules/transformer", "fastpitch_hifigan/fastpitch",
        "fastpitch_hifigan/padding_masks", "tts/models/fastpitch",
    ),
    "HiFi-GAN": (
        "tts/modules/hifigan", "fastpitch_hifigan/hifigan", "fastpitch_hifigan/packed",
        "fastpitch_hifigan/vocoder", "tts/models/hifigan",
    ),
    "audio, decoded or encoded": ("nemo_voice_serving/audio/", "soundfile", "soxr", "av/"),
    "use case": ("nemo_voice_stt/transcription/", "nemo_voice_tts/synthesis/"),
    "batching": ("nemo_voice_serving/batching/",),
    "HTTP edge": _EDGE,
    "event loop": ("asyncio/", "uvloop", "selectors", "concurrent/futures", "threading"),
}  # fmt: skip
"""What a piece of a frame's path means, in the order of the table."""


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack, outermost frame first, and how often it was seen."""

    frames: tuple[str, ...]
    """The files of its frames."""
    count: int


def stacks_of(text: str) -> Iterator[Stack]:
    """Yields the stacks of py-spy's raw format: frames set apart by semicolons, and a count."""
    for line in text.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        files = (_FILE.search(frame) for frame in found["frames"].split(";"))
        yield Stack(tuple(file["file"] for file in files if file), int(found["count"]))


def activity_of(frames: Sequence[str]) -> str:
    """Returns what a stack was doing."""
    for file in reversed(frames):
        for activity, pieces in RULES.items():
            if any(piece in file for piece in pieces):
                return activity
    return REST


def activities(text: str) -> Counter[str]:
    """Returns how many samples each activity has."""
    found: Counter[str] = Counter()
    for stack in stacks_of(text):
        found[activity_of(stack.frames)] += stack.count
    return found
