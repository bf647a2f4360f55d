"""Programs that use a package in a process of their own, and what they import of HTTP."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]

_HTTP = ("fastapi", "starlette", "uvicorn", "nemo_voice_serving.http")

_REPORT = f"""
import sys
print([name for name in sys.modules if name.startswith({_HTTP})], file=sys.stderr)
"""


def printed_without_http(program: str) -> str:
    """Returns what the program prints, having checked that it imported nothing of HTTP."""
    path = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    ran = subprocess.run(
        [sys.executable, "-c", program + _REPORT],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.strip() == "[]", ran.stderr
    return ran.stdout
