"""Draws a download's progress on a terminal, or writes it as lines where there is none."""

from collections.abc import Callable
from typing import TextIO

from nemo_voice_serving.model_store.progress import Phase, Progress


def drawn_progress(stream: TextIO) -> Callable[[Progress], None]:
    """Returns a listener that writes progress as a line, rewritten in place on a terminal."""

    def draw(progress: Progress) -> None:
        total = progress.total_bytes
        share = f" of {total / 1e6:.1f} MB ({progress.done_bytes / total:4.0%})" if total else " MB"
        end = "\n" if progress.phase is Phase.DONE else ""
        line = (
            f"{progress.phase:12} {progress.done_bytes / 1e6:9.1f}{share} {progress.seconds:6.1f} s"
        )
        stream.write(f"\r\x1b[2K{line}{end}" if stream.isatty() else f"{line}\n")
        stream.flush()

    return draw
