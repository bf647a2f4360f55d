"""Text to speech with the demo voice."""

from benchmarks.outcome import Outcome, Setting
from benchmarks.race.contest import Arrivals, Load, Plan
from benchmarks.race.races import voice_race
from benchmarks.race.systems import QUICK_SYSTEMS

PLAN = Plan(
    rounds=2,
    loads=(Load(1, 6, 2), Load(8, 16, 2), Load(32, 32, 2), Load(128, 64, 1)),
    first_design=(1, 32),
    first_items=16,
    trial=16,
    batches=(1, 4, 8, 16),
    arrivals=Arrivals(shares=(0.5, 1.0), seconds=12, deadline_s=1.0, is_first_audio=True),
)
QUICK = Plan(
    rounds=1,
    loads=(Load(1, 2, 1), Load(8, 8, 1)),
    first_design=(1,),
    first_items=2,
    trial=4,
    batches=(1, 4),
)


def measure(setting: Setting) -> Outcome:
    """Returns the race on the demo voice."""
    if setting.is_quick:
        return voice_race("TTS", QUICK, setting, only=QUICK_SYSTEMS)
    return voice_race("TTS", PLAN, setting)
