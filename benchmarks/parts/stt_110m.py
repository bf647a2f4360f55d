"""Speech to text with random weights of the 110M class."""

from benchmarks.outcome import Outcome, Setting
from benchmarks.suites import Plan, recognisers

PLAN = Plan(rounds=3, items={1: 6, 8: 16, 32: 48}, trial=16)
QUICK = Plan(rounds=1, items={1: 2, 8: 4, 32: 8}, trial=4, batches=(1, 4))


def measure(setting: Setting) -> Outcome:
    """Returns the race on the large recogniser."""
    plan = QUICK if setting.is_quick else PLAN
    return recognisers(
        "STT, 110M class", plan, is_random=True, logs=setting.logs, progress=setting.progress
    )
