"""The first design of the speech-to-text server, for comparison: Flask, one request at a time.

An upload becomes a temporary file, and NeMo's `transcribe()` reads it. A lock keeps requests apart,
because `transcribe()` may not run twice at once.
"""

import argparse
import tempfile
import threading
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from nemo.collections.asr.models import ASRModel
from omegaconf import open_dict


def build(model: Any) -> Flask:
    """Returns the application around a restored model."""
    app = Flask(__name__)
    one_at_a_time = threading.Lock()

    @app.post("/transcribe")  # type: ignore[untyped-decorator,unused-ignore]  # Flask is untyped here
    def transcribe() -> Response:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "upload.wav"
            request.files["audio_file"].save(path)
            with one_at_a_time:
                heard = model.transcribe([str(path)], verbose=False)
        return jsonify(text=heard[0].text)

    return app


def main() -> None:
    """Restores the checkpoint and serves until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", required=True, help="a .nemo file")
    parser.add_argument("--port", type=int, default=5001)
    chosen = parser.parse_args()
    model = ASRModel.restore_from(chosen.checkpoint, map_location="cpu").eval()
    if "validation_ds" not in model.cfg:
        with open_dict(model.cfg):
            model.cfg.validation_ds = {}  # transcribe() requests there for an option with a default
    build(model).run(port=chosen.port)


if __name__ == "__main__":
    main()
