"""Events that a session has for its client, which has not taken them."""

import asyncio

from nemo_voice_tts.live_text.events import Event, Flushed, Sound

MOST = 8
"""Events that wait; the sound in them is that of a few windows."""


class Outbox(asyncio.Queue[Event]):
    """A queue of events; used from one event loop."""

    def __init__(self) -> None:
        super().__init__(MOST)

    def drop(self, *, keeps_flushed: bool) -> int:
        """Forgets the events; returns how many samples of sound they had.

        Args:
            keeps_flushed: Whether those up to the last `Flushed` stay.
        """
        events = [self.get_nowait() for _ in range(self.qsize())]
        flushes = [place for place, event in enumerate(events) if isinstance(event, Flushed)]
        kept = flushes[-1] + 1 if flushes and keeps_flushed else 0
        for event in events[:kept]:
            self.put_nowait(event)
        return sum(len(event.samples) for event in events[kept:] if isinstance(event, Sound))
