"""Makes the virtual environment: pinned packages, our own in place, the compiled grammars.

Called by `make setup` with plain Python 3.11 and nothing else; says what it is doing and how long
each step took.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("libs/serving", "services/tts", "services/stt", "operator")
PYTHON = (3, 11)
IMPORTED = (
    "nemo_voice_serving.nemo",  # first: with it, NeMo imports what the services use and no more
    "nemo_voice_stt.app",
    "nemo_voice_stt.backends.transducer_ctc.decoding_pipeline",
    "nemo_voice_tts.app",
    "nemo_voice_tts.backends.fastpitch_hifigan.fastpitch",
    "nemo_voice_tts.backends.fastpitch_hifigan.hifigan",
    "nemo_text_processing.text_normalization.normalize",
)
"""They import all that is worth compiling now; the rest is compiled at its first use."""


def step(what: str, *command: str | Path) -> None:
    """Runs one command, saying what it is for and how long it took."""
    print(f"── {what}", flush=True)
    began_s = time.monotonic()
    subprocess.run([str(part) for part in command], cwd=ROOT, env=environment_of(), check=True)
    print(f"   {time.monotonic() - began_s:.0f} s", flush=True)


def steps_at_once(*steps: tuple[str, Sequence[str | Path]]) -> None:
    """Runs commands beside each other, one a core, saying how long each took.

    Raises:
        subprocess.CalledProcessError: One of them failed; the others have ended before.
    """
    began_s = time.monotonic()
    waiting = []
    for what, command in steps:
        print(f"── {what}", flush=True)
        parts = [str(part) for part in command]
        waiting.append((what, subprocess.Popen(parts, cwd=ROOT, env=environment_of())))
    failed = []
    while waiting:
        for what, process in list(waiting):
            if process.poll() is not None:
                waiting.remove((what, process))
                print(f"   {what}: {time.monotonic() - began_s:.0f} s", flush=True)
                failed += [process] if process.returncode else []
        time.sleep(0.1)
    if failed:
        raise subprocess.CalledProcessError(failed[0].returncode, failed[0].args)


def environment_of() -> dict[str, str]:
    """Returns our environment, without what would keep Python from keeping compiled modules.

    Importing NeMo takes several times as long without them.
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
    steps_at_once(
        ("compiling the text-normalisation grammars", (python, "-m", "nemo_voice_tts", "grammars")),
        ("compiling what the services import", (python, "-c", f"import {', '.join(IMPORTED)}")),
    )
    (environment / ".ready").touch()


if __name__ == "__main__":
    main(ROOT / sys.argv[1])
