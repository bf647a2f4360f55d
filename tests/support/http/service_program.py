"""A service as a process of its own, on a fake model that does what its input says.

`python service_program.py tts|stt PORT SETTINGS`: the settings as JSON. Words in a text or a
hotword make it fail: `unsayable` in the tokenizer, `unnormal` in the normaliser, `breaking` in a
batch; the hotword `hanging` makes a batch hang. Every exception quotes the text, as those of
libraries do. A text or hotword with `noisy` is quoted in every way in which packages write to the
streams of a process. Variables: what a recogniser hears (HEARD), the seconds of a batch (BATCH_S)
and of each piece in it (PIECE_S), REAL_NORMALISER.
"""

import json
import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from fastapi import FastAPI
from typing_extensions import override

from nemo_voice_serving.http.server import serve
from nemo_voice_serving.logs import configure_logging
from nemo_voice_serving.settings import ServiceSettings
from nemo_voice_stt.app import build as build_stt
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.port import Clip, Recognition
from nemo_voice_tts.app import build as build_tts
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.synthesis.port import Phrase, Spectrogram, Voice
from nemo_voice_tts.text.grammars import default_grammars
from nemo_voice_tts.text.insets import NONE, Pronunciations
from nemo_voice_tts.text.normaliser import Normaliser
from support.models.fakes import FakeNormaliser, FakeRecogniser, FakeVoice

BATCH_S = float(os.environ.get("BATCH_S", "0"))
PIECE_S = float(os.environ.get("PIECE_S", "0"))
HEARD = os.environ.get("HEARD", "good morning how are you today")


class _Noisy:
    def __init__(self, text: str) -> None:
        self._text = text

    def __del__(self) -> None:
        raise ValueError(self._text)


def _make_noise(text: str) -> None:
    """Quotes the text as NeMo, the normaliser, uvicorn, warnings and others may."""

    def fail() -> None:
        raise ValueError(text)

    for name in ("nemo_logger", "NeMo-text-processing", "lightning", "grpc._server", "asyncio"):
        package = logging.getLogger(name)
        package.setLevel(logging.DEBUG)  # as some set it back at every call
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            package.log(level, f"skipping post-processing of {text}")
            package.log(level, "text: %s", text, extra={"text": text})
        package.error("failed", exc_info=ValueError(text))
    logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "::1", f"/x?y={text}")
    warnings.warn(f"cannot read {text}", UserWarning, stacklevel=1)
    warnings.warn(f"{text}\n{text}", DeprecationWarning, stacklevel=2)
    print(text)  # noqa: T201 as packages do
    sys.stderr.write(f"100%|#####| {text}\n")
    thread = threading.Thread(target=fail, name=text)
    thread.start()
    thread.join()
    del thread
    _Noisy(text)


class QuotingVoice(FakeVoice):
    """A voice whose exceptions quote the text."""

    @override
    def tokens(self, text: str, pronunciations: Pronunciations = NONE, /) -> tuple[int, ...]:
        if "unsayable" in text:
            raise ValueError(f"no token for {text!r}")
        return super().tokens(text, pronunciations)

    @override
    def spectrograms(self, batch: Sequence[Phrase], /) -> Sequence[Spectrogram]:
        time.sleep(BATCH_S)
        for phrase in batch:
            text = "".join(map(chr, phrase.tokens))
            if "noisy" in text:
                _make_noise(text)
            if "breaking" in text:
                raise RuntimeError(f"cannot compute {text!r}") from ValueError(text)
        return super().spectrograms(batch)


class QuotingNormaliser(FakeNormaliser):
    """A normaliser whose exceptions quote the text."""

    @override
    async def normalise(self, text: str) -> str:
        if "unnormal" in text:
            raise LookupError(f"no path for {text!r}")
        return text


class QuotingRecogniser(FakeRecogniser):
    """A recogniser whose exceptions quote what it heard; it computes a piece in PIECE_S."""

    @override
    def warm_up(self, report: Callable[[str], None]) -> None:
        super().warm_up(report)
        time.sleep(BATCH_S + PIECE_S)

    @override
    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        is_hanging = any("hanging" in word for clip in batch for word in clip.hotwords)
        time.sleep(60 if is_hanging else BATCH_S + PIECE_S * len(batch))
        for clip in batch:
            if any("noisy" in word for word in clip.hotwords):
                _make_noise(f"{HEARD} {clip.hotwords}")
            if any("breaking" in word for word in clip.hotwords):
                raise RuntimeError(f"cannot decode {self.text!r} with {clip.hotwords}")
        is_self_test = len(batch) == 1 and len(batch[0].samples) < 16000 * 3
        self.text = "good morning how are you today" if is_self_test else HEARD
        return super().recognise(batch)


def main() -> int:
    """Serves until a signal stops it."""
    kind, port, given = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    settings: ServiceSettings
    if kind == "tts":
        settings = TtsSettings.model_validate(given)
        app = _tts(settings)
    else:
        settings = SttSettings.model_validate(given)
        app = build_stt(settings, lambda _settings, _progress: QuotingRecogniser)
    configure_logging(settings.log_level, "json")
    return serve(app, settings, port=port)


def _tts(settings: TtsSettings) -> FastAPI:
    def fetch_voice(_settings: object, _progress: object) -> Callable[[], Voice]:
        return QuotingVoice

    real = os.environ.get("REAL_NORMALISER")
    normaliser = Normaliser(default_grammars()) if real else QuotingNormaliser()
    return build_tts(settings, fetch_voice, normaliser)


if __name__ == "__main__":
    sys.exit(main())
