"""Freed memory stays in malloc and loaded objects leave the garbage collector, in own processes."""

import ctypes
import subprocess
import sys

import pytest

needs_glibc = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "mallopt"), reason="this C library takes no such settings"
)

PAGES = 16_384
FAULTS = """
import resource, threading
from nemo_voice_serving.runtime.memory import keep_freed_memory

def faulted_pages():
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    b"x" * (16_384 * resource.getpagesize())
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before

{first}
counts = []
thread = threading.Thread(target=lambda: counts.extend(faulted_pages() for _ in range(4)))
thread.start()
thread.join()
print(counts[-1])
"""
RETURNED = """
import asyncio
from nemo_voice_serving.runtime.memory import (
    keep_freed_memory, resident_bytes, return_memory_when_idle
)

async def main():
    returning = asyncio.create_task(return_memory_when_idle(lambda: {is_idle}, every_s=0.05))
    await asyncio.sleep(0.01)
    before = resident_bytes()
    held = [bytearray(100_000) for _ in range(2_000)]
    del held
    kept = resident_bytes() - before
    await asyncio.sleep(0.5)
    returning.cancel()
    print(round(100 * (resident_bytes() - before) / kept))

keep_freed_memory()
asyncio.run(main())
"""
FROZEN = """
import gc
from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_serving.runtime.memory import freeze_loaded_objects

freeze_loaded_objects(Phase.{phase})
print(gc.get_freeze_count())
"""


def printed(program: str) -> int:
    """Returns the number that a process of its own prints."""
    command = [sys.executable, "-c", program]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


@needs_glibc
def test_memory_that_a_thread_frees_is_reused_without_new_pages() -> None:
    assert printed(FAULTS.format(first="keep_freed_memory()")) < 0.1 * PAGES


@needs_glibc
def test_without_the_settings_every_page_is_new() -> None:
    assert printed(FAULTS.format(first="")) >= PAGES


@needs_glibc
def test_an_idle_service_returns_what_it_does_not_need() -> None:
    assert printed(RETURNED.format(is_idle=True)) < 10


@needs_glibc
def test_a_busy_service_keeps_what_it_freed() -> None:
    assert printed(RETURNED.format(is_idle=False)) > 90


def test_objects_of_a_ready_service_leave_the_garbage_collector() -> None:
    assert printed(FROZEN.format(phase="READY")) > 1_000
    assert printed(FROZEN.format(phase="LOADING")) == 0


def test_unfreezing_returns_every_object_to_the_garbage_collector() -> None:
    ended = f"{FROZEN}from nemo_voice_serving.runtime.memory import unfreeze_objects\n"
    ended += "unfreeze_objects()\nprint(gc.get_freeze_count())\n"
    assert printed(ended.format(phase="READY").replace("print", "str", 1)) == 0
