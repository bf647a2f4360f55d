"""Text to speech with the demo voice."""

from benchmarks.outcome import Outcome, Setting
from benchmarks.suites import Plan, voices

PLAN = Plan(rounds=3, items={1: 12, 8: 24, 32: 48}, trial=24)
QUICK = Plan(rounds=1, items={1: 2, 8: 4, 32: 8}, trial=4, batches=(1, 4))


def measure(setting: Setting) -> Outcome:
    """Returns the race on the demo voice."""
    plan = QUICK if setting.is_quick else PLAN
    return voices("TTS", plan, logs=setting.logs, progress=setting.progress)
