"""The clips of the race, spoken by the demo voice when they are not there yet."""

from pathlib import Path

from benchmarks import inputs
from benchmarks.outcome import Progress
from benchmarks.raw import RawVoice, remote


def make_clips(count: int, logs: Path, progress: Progress) -> list[inputs.Clip]:
    """Returns so many clips."""
    folder = inputs.clips_folder()
    if len(inputs.read_clips(folder)) < count:
        progress(f"speaking {count} clips into {folder}, once")
        with remote(RawVoice, [], log=logs / "clips.log") as voice:
            voice("speak", inputs.clip_texts(count), folder)
    return inputs.read_clips(folder)[:count]
