"""How far a session's listening is behind the audio that arrives for it."""

import time
from collections.abc import Callable

_AT_ONCE_S = 0.001
"""A message that comes within this was there already."""


class ListeningDelay:
    """Follows the messages of one session.

    What waits in the kernel is seen when it is read; so audio of somebody who speaks counts from
    when it was due, a second of it each second since nothing waited. A client that pauses, or a
    network that stalls, makes nobody late; audio faster than speech counts from when it was read.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._received_s = clock()
        self._has_waited = True
        self._audio_s = 0.0
        self._anchor: tuple[float, float] | None = None

    def received(self, waited_s: float) -> None:
        """Receives that a message was read now, and how long it was waited for."""
        self._received_s = self._clock()
        has_waited = waited_s > _AT_ONCE_S
        if has_waited and self._has_waited:  # the one before was alone: nothing is left of it
            self._anchor = None
        self._has_waited = has_waited

    def listened(self, audio_s: float) -> float | None:
        """Returns how late the newest audio was listened to, in seconds.

        None where there is no further audio.

        Args:
            audio_s: How much of the session's audio there is by now, all of it listened to.
        """
        if audio_s <= self._audio_s:
            return None
        self._audio_s = audio_s
        if self._anchor is None:
            self._anchor = (self._received_s, audio_s)
        anchor_s, anchor_audio_s = self._anchor
        due_s = anchor_s + audio_s - anchor_audio_s
        return self._clock() - min(self._received_s, due_s)
