"""A text-to-speech server process on a fake voice, for tests of how a process ends.

`python fake_server.py PORT DELAY_S BATCH_S [broken]`
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from typing_extensions import override

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.http.server import serve
from nemo_voice_serving.logs import configure_logging
from nemo_voice_tts.app import build
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.synthesis.port import Voice, Window
from support.models.fakes import FakeNormaliser, FakeVoice


class SlowVoice(FakeVoice):
    """A voice that takes its time for each window."""

    def __init__(self, batch_s: float) -> None:
        super().__init__()
        self._batch_s = batch_s

    @override
    def waveforms(self, batch: Sequence[Window], /) -> Sequence[Samples]:
        time.sleep(self._batch_s)
        return super().waveforms(batch)


def main() -> int:
    """Serves until a signal stops it."""
    port, delay_s, batch_s, *rest = sys.argv[1:]

    def fetch_voice(_settings: object, _progress: object) -> Callable[[], Voice]:
        if rest:
            raise FileNotFoundError("no such model")
        return lambda: SlowVoice(float(batch_s))

    linger_s = float(os.environ.get("FAILED_LINGER_S", "0.1"))
    settings = TtsSettings.model_validate(
        {"drain": {"delay_s": float(delay_s), "timeout_s": 50}, "failed_linger_s": linger_s}
    )
    configure_logging("info", "json")
    app = build(settings, fetch_voice, FakeNormaliser())
    return serve(app, settings, port=int(port))


if __name__ == "__main__":
    sys.exit(main())
