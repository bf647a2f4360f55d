"""Speech to text with the demo recogniser."""

from benchmarks.outcome import Outcome, Setting
from benchmarks.suites import Plan, recognisers

PLAN = Plan(rounds=3, items={1: 16, 8: 32, 32: 96}, trial=48)
QUICK = Plan(rounds=1, items={1: 4, 8: 8, 32: 32}, trial=16, batches=(1, 16))


def measure(setting: Setting) -> Outcome:
    """Returns the race on the demo recogniser."""
    plan = QUICK if setting.is_quick else PLAN
    return recognisers(
        "STT, demo", plan, is_random=False, logs=setting.logs, progress=setting.progress
    )
