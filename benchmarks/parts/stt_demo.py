"""Speech to text with the demo recogniser."""

from benchmarks.outcome import Outcome, Setting
from benchmarks.race.contest import Arrivals, Load, Plan
from benchmarks.race.races import recogniser_race
from benchmarks.race.systems import QUICK_SYSTEMS

PLAN = Plan(
    rounds=3,
    loads=(Load(1, 16, 3), Load(8, 32, 3), Load(32, 96, 3), Load(128, 192, 2)),
    first_design=(1, 32),
    first_items=32,
    trial=32,
    arrivals=Arrivals(shares=(0.5, 0.8, 1.0, 1.2), seconds=10, deadline_s=2.0),
)
QUICK = Plan(
    rounds=1,
    loads=(Load(1, 4, 1), Load(32, 32, 1)),
    first_design=(1,),
    first_items=4,
    trial=16,
    batches=(1, 16),
    arrivals=Arrivals(shares=(0.8,), seconds=2, deadline_s=2.0),
)


def measure(setting: Setting) -> Outcome:
    """Returns the race on the demo recogniser."""
    if setting.is_quick:
        return recogniser_race("STT, demo", QUICK, setting, only=QUICK_SYSTEMS)
    return recogniser_race("STT, demo", PLAN, setting)
