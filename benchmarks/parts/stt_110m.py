"""Speech to text with a recogniser of the 110M class, its weights random."""

from benchmarks.outcome import Outcome, Setting
from benchmarks.race.contest import Load, Plan
from benchmarks.race.races import recogniser_race
from benchmarks.race.systems import LITSERVE, SERVICE

SYSTEMS = (SERVICE, LITSERVE)
"""The other peers are slower on the demo recogniser already, and a request here takes long."""
PLAN = Plan(
    rounds=3,
    loads=(Load(1, 4, 3), Load(8, 16, 3), Load(32, 32, 3)),
    first_design=(),
    first_items=0,
    trial=16,
    batches=(1, 4, 8, 16),
)
QUICK = Plan(
    rounds=1, loads=(Load(1, 2, 1),), first_design=(), first_items=0, trial=2, batches=(1,)
)


def measure(setting: Setting) -> Outcome:
    """Returns the race on the large recogniser."""
    plan, only = (QUICK, (SERVICE,)) if setting.is_quick else (PLAN, SYSTEMS)
    return recogniser_race("STT, 110M class", plan, setting, is_random=True, only=only)
