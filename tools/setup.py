"""Makes the virtual environment: pinned packages, our own in place, the compiled grammars.

Called by `make setup` with plain Python 3.11 and nothing else; says what it is doing and how long
each step took.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("libs/serving", "services/tts", "services/stt", "operator")
PYTHON = (3, 11)


def step(what: str, *command: str | Path) -> None:
    """Runs one command, saying what it is for and how long it took."""
    print(f"── {what}", flush=True)
    began_s = time.monotonic()
    subprocess.run([str(part) for part in command], cwd=ROOT, env=environment_of(), check=True)
    print(f"   {time.monotonic() - began_s:.0f} s", flush=True)


def environment_of() -> dict[str, str]:
    """Returns our environment, without what would keep Python from keeping compiled modules.

    Importing NeMo takes forty seconds without them and ten with them.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def main(environment: Path) -> None:
    """Brings the environment to what the pins say."""
    if sys.version_info[:2] != PYTHON:
        sys.exit(f"Python {PYTHON[0]}.{PYTHON[1]} is needed, this is {sys.version.split()[0]}")
    python = environment / "bin" / "python"
    uv = environment / "bin" / "uv"
    if not python.exists():
        step(f"making {environment}", sys.executable, "-m", "venv", environment)
    if not uv.exists():
        pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install")
        step("installing uv", *pip, "--require-hashes", "--no-deps", "-r", "requirements/uv.txt")
    install = (uv, "pip", "install", "--python", python)
    pins = ("--require-hashes", "-r", "requirements/development.txt")
    step("installing NeMo, torch and the tools (about 7 GB)", *install, "--no-deps", *pins)
    editable = [part for package in PACKAGES for part in ("--editable", package)]
    step("installing nemo-voice itself", *install, "--no-deps", *editable)
    step(
        "compiling the text-normalisation grammars (30 s once)",
        python,
        "-m",
        "nemo_voice_tts",
        "grammars",
    )
    imports = (
        "import nemo.collections.asr.models, nemo.collections.tts.models, "
        "nemo_text_processing.text_normalization.normalize, nemo_voice_tts.app, nemo_voice_stt.app"
    )
    step("compiling what the services import (half a minute once)", python, "-c", imports)
    (environment / ".ready").touch()


if __name__ == "__main__":
    main(ROOT / sys.argv[1])
