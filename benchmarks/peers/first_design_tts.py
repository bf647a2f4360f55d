"""The first design of the text-to-speech server, for comparison: Flask, one request at a time.

The whole text goes through both models in one piece; the sound becomes a temporary WAV file, which
is then sent. A lock keeps requests apart, because NeMo's `parse()` may not run twice at once.
"""

import argparse
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import soundfile
import torch
from flask import Flask, Response, request
from nemo.collections.tts.models import FastPitchModel, HifiGanModel

CHUNK_BYTES = 65_536


def build(fastpitch: Any, hifigan: Any) -> Flask:
    """Returns the application around restored models."""
    app = Flask(__name__)
    one_at_a_time = threading.Lock()

    @app.post("/synthesize")  # type: ignore[untyped-decorator,unused-ignore]  # Flask is untyped here
    def synthesize() -> Response:
        with one_at_a_time, torch.inference_mode():
            tokens = fastpitch.parse(request.get_json()["text"])
            spectrogram = fastpitch.generate_spectrogram(tokens=tokens)
            sound = hifigan.convert_spectrogram_to_audio(spec=spectrogram)[0].numpy()
        with tempfile.NamedTemporaryFile(suffix=".wav", delete=False) as file:
            soundfile.write(file, sound, fastpitch.cfg.sample_rate, format="WAV")
        return Response(_chunks(Path(file.name)), mimetype="audio/wav")

    return app


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    finally:
        path.unlink()


def main() -> None:
    """Restores the checkpoints and serves until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", required=True, help="FastPitch's .nemo file")
    parser.add_argument("--vocoder", required=True, help="HiFi-GAN's .nemo file")
    parser.add_argument("--port", type=int, default=5000)
    chosen = parser.parse_args()
    fastpitch = FastPitchModel.restore_from(chosen.checkpoint, map_location="cpu").eval()
    hifigan = HifiGanModel.restore_from(chosen.vocoder, map_location="cpu").eval()
    build(fastpitch, hifigan).run(port=chosen.port)


if __name__ == "__main__":
    main()
