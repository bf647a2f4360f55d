"""Digits, money, dates and abbreviations become words: processes around nemo_text_processing.

Processes, because the grammars hold the interpreter lock while they work. What these write to their
streams is lost, and no exception leaves them with its message: both would quote the text. `app.py`
starts a `Normaliser`; `grammars.py` keeps the compiled grammars.
"""

import asyncio
import logging
import multiprocessing
import os
import re
import signal
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, NoReturn

from typing_extensions import override

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_serving.tracebacks import traceback_without_messages
from nemo_voice_tts.text.grammars import (
    check_grammars,
    open_grammars,
    packaged_whitelist,
    verbalised,
)

logger = logging.getLogger(__name__)

_START_TIMEOUT_S = 120.0

_WORD = r"(?:[a-z]+(?:'[a-z]+)?|[A-Z][a-z]+(?:'[a-z]+)?|I'[a-z]+|a|[A-Z](?:'s)?)"
_COMPOUND = rf"(?:[A-Za-z][a-z]+(?:-[A-Za-z]?[a-z]+)+|{_WORD})"
_OPENERS, _CLOSERS = r"[\"(\[]{0,2}", r"[\"')\]]{0,2}"
_GAP = rf"[,;:?!]?{_CLOSERS}[,;:]? {_OPENERS}"
_PLAIN = re.compile(rf"{_OPENERS}{_COMPOUND}(?:{_GAP}{_COMPOUND})*[,;:.?!]{{0,3}}{_CLOSERS}")
_LETTERS = re.compile(r"[A-Za-z']+")


class Normaliser:
    """Turns written phrases into spoken words; used from one event loop."""

    def __init__(self, grammars: Path, *, workers: int = 1, remembered: int = 4096) -> None:
        self._grammars = grammars
        self._workers = workers
        self._remembered = remembered
        self._known: OrderedDict[str, str] = OrderedDict()
        self._pool: Executor = _NotRunning()

    async def start(self) -> None:
        """Starts the processes and returns when they have their grammars open.

        Raises:
            BackendFailed: The grammars cannot be used, or the processes end at once.
        """
        check_grammars(self._grammars)
        pool = self._pool = self._new_pool()
        loop = asyncio.get_running_loop()
        starts = [loop.run_in_executor(pool, os.getpid) for _ in range(self._workers)]
        try:
            await asyncio.wait_for(asyncio.gather(*starts), _START_TIMEOUT_S)
        except (BrokenProcessPool, TimeoutError) as error:
            raise BackendFailed("the text normaliser's processes do not start") from error

    async def close(self) -> None:
        """Ends the processes."""
        pool, self._pool = self._pool, _NotRunning()
        await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)

    async def normalise(self, phrase: str) -> str:
        """Returns the phrase in spoken words.

        Raises:
            BackendFailed: The processes do not run, or the grammars failed on this phrase, or a
                process died of it twice.
        """
        if is_plain(phrase, whitelist_words()):
            return phrase
        spoken = self._known.get(phrase)
        if spoken is None:
            spoken = await self._run(phrase)
            self._known[phrase] = spoken
            if len(self._known) > self._remembered:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(phrase)
        return spoken

    async def _run(self, written: str) -> str:
        for _ in range(2):
            pool = self._pool
            try:
                return await asyncio.get_running_loop().run_in_executor(pool, _spoken, written)
            except BrokenProcessPool:
                self._replace(pool)
            except _GrammarsFailed as error:
                logger.error("a text was not normalised", extra={"exception": str(error)})  # noqa: TRY400 the worker's own traceback
                break
        raise BackendFailed("the text normaliser failed on this text")

    def _replace(self, broken: Executor) -> None:
        # Every call that waited for the pool comes here; the first one replaces it.
        if self._pool is broken:
            logger.error("a text normaliser's process died, starting new ones")
            broken.shutdown(wait=False, cancel_futures=True)
            self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._workers,
            # A forked child would inherit torch and the threads' locks.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_open_in_worker,
            initargs=(self._grammars,),
        )


class _GrammarsFailed(Exception):
    """The grammars raised; the message is where, without the text."""


class _NotRunning(Executor):
    """The executor of a normaliser that was not started or was closed: it takes no work."""

    @override
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> NoReturn:
        raise BackendFailed("the text normaliser is not running")


def is_plain(phrase: str, special: frozenset[str]) -> bool:
    """Returns whether the grammars would leave the phrase as it is.

    Args:
        phrase: What is about to be normalised.
        special: The words of the whitelist.
    """
    return bool(_PLAIN.fullmatch(phrase)) and special.isdisjoint(_LETTERS.findall(phrase))


@cache
def whitelist_words() -> frozenset[str]:
    """Returns the words that written forms of the whitelist hold, of long forms only the first.

    Not single letters: the forms that begin with one write a sign behind it.
    """
    lines = packaged_whitelist().read_text(encoding="utf-8").splitlines()
    forms = [line.split("\t")[0].split(" ")[0] for line in lines if line]
    words = {word for form in forms for word in _LETTERS.findall(form)}
    return frozenset(word for word in words if len(word) > 1)


_grammars_of_worker: Any = None


def _open_in_worker(directory: Path) -> None:
    global _grammars_of_worker  # noqa: PLW0603 a worker process has one set of grammars
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent decides
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _grammars_of_worker = open_grammars(directory)
    _write_nothing_more()


def _write_nothing_more() -> None:
    # The grammars' package sets its logger's level at every call and warns with the whole text;
    # pynini writes to the standard streams.
    logging.disable(logging.CRITICAL)
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


def _leave_with_parent() -> None:
    # The pool's pipe stays open when the parent is killed: its other end is here as well.
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


def _spoken(written: str) -> str:
    try:
        return verbalised(_grammars_of_worker, written)
    except Exception as error:  # noqa: BLE001 its message may quote the text
        raise _GrammarsFailed(traceback_without_messages(error)) from None
