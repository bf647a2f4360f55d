"""Text and marks that a session has received and not looked at."""

import asyncio
import contextlib
from collections import deque
from enum import Enum, auto

MOST = 4096
"""Pieces that wait to be looked at."""


class Mark(Enum):
    """What stands between pieces of text."""

    FLUSH = auto()
    FINISH = auto()


class Inbox:
    """A queue of pieces and marks; used from one event loop."""

    def __init__(self) -> None:
        self._items: deque[str | Mark] = deque()
        self.has_news = asyncio.Event()
        """Set with each piece and mark."""
        self.chars = 0
        """Of the pieces."""
        self._is_awaited = False

    def __len__(self) -> int:
        """Returns how many pieces and marks wait."""
        return len(self._items)

    @property
    def has_marks(self) -> bool:
        """Whether a flush or the end waits, or is at work."""
        return any(isinstance(one, Mark) for one in self._items)

    @property
    def is_awaited(self) -> bool:
        """Whether nothing is done until a piece or a mark comes."""
        return self._is_awaited and not self.has_news.is_set()

    async def news(self, timeout_s: float | None) -> None:
        """Waits for a piece or a mark, so many seconds at most."""
        self._is_awaited = timeout_s is None
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self.has_news.wait()
        finally:
            self._is_awaited = False

    def put(self, item: str | Mark) -> None:
        """Adds a piece or a mark."""
        self._items.append(item)
        self.chars += len(item) if isinstance(item, str) else 0
        self.has_news.set()

    def text(self) -> str:
        """Takes out the text up to the first mark."""
        self.has_news.clear()
        pieces = []
        while self._items and isinstance(item := self._items[0], str):
            pieces.append(item)
            self._items.popleft()
        text = "".join(pieces)
        self.chars -= len(text)
        return text

    def mark(self) -> Mark | None:
        """Returns the mark that comes first, if no text is before it; it stays."""
        first = self._items[0] if self._items else None
        return first if isinstance(first, Mark) else None

    def done(self) -> None:
        """Takes out the first mark."""
        self._items.popleft()

    def drop_unmarked(self) -> None:
        """Forgets the text after the last mark."""
        while self._items and isinstance(item := self._items[-1], str):
            self.chars -= len(item)
            self._items.pop()

    def clear(self) -> None:
        """Forgets everything."""
        self._items.clear()
        self.chars = 0
