"""Hours of audio, a long text, a thousand connections, and many short requests."""

from benchmarks.endurance.running import QUICK, STANDARD, endured
from benchmarks.outcome import Outcome, Setting


def measure(setting: Setting) -> Outcome:
    """Returns what the services made of it."""
    return endured(QUICK if setting.is_quick else STANDARD, setting)
