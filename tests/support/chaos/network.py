"""Networks that lose and delay: a packet filter in a pod's network, a proxy in front of a Service.

netem, which does both, is not in every kernel.
"""

import asyncio
import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from support.ports import free_port

CHUNK_BYTES = 65536


@contextlib.contextmanager
def losing(process: int, share: float) -> Iterator[Callable[[], int]]:
    """Drops this share of the packets that a process' network gets and sends, in the block.

    Yields a function that returns how many packets have been dropped so far.
    """
    rule = f"-m statistic --mode random --probability {share} -j DROP".split()

    def run(*arguments: str) -> str:
        inside = ("nsenter", f"--target={process}", "--net", "iptables", "--wait")
        done = subprocess.run([*inside, *arguments], check=True, capture_output=True, text=True)
        return done.stdout

    def dropped() -> int:
        return dropped_packets(run("--list", "--numeric", "--verbose", "--exact"))

    with contextlib.ExitStack() as stack:
        for chain in ("INPUT", "OUTPUT"):
            run("--append", chain, *rule)
            stack.callback(run, "--delete", chain, *rule)
        yield dropped


def dropped_packets(listed: str) -> int:
    """Returns the packets that the rules of a listed packet filter have dropped."""
    lines = [line.split() for line in listed.splitlines()]
    return sum(int(words[0]) for words in lines if words[2:3] == ["DROP"])


@dataclass
class Delay:
    """A proxy whose delay and whose target can be changed while it runs."""

    address: str
    to: str
    """Where new connections go."""
    seconds: float = 0.0


@contextlib.contextmanager
def delaying(address: str) -> Iterator[Delay]:
    """Yields a proxy in front of an address that passes everything on a while later, both ways."""
    proxy = Delay(f"http://127.0.0.1:{free_port()}", address)
    over, up = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_proxy(proxy, up, over)))
    thread.start()
    try:
        up.wait(10)
        yield proxy
    finally:
        over.set()
        thread.join()


async def _proxy(proxy: Delay, up: threading.Event, over: threading.Event) -> None:
    here = urlsplit(proxy.address)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, writers = urlsplit(proxy.to), [writer]
        try:
            other_reader, other_writer = await asyncio.open_connection(there.hostname, there.port)
            writers.append(other_writer)
            await asyncio.gather(
                _pass_on(proxy, reader, other_writer), _pass_on(proxy, other_reader, writer)
            )
        except OSError:
            writer.transport.abort()
        finally:
            for each in writers:
                each.close()

    async with await asyncio.start_server(connected, here.hostname, here.port):
        up.set()
        while not over.is_set():
            await asyncio.sleep(0.05)
    # What is still open ends with the loop: its last transports need a moment of it.
    await _end_others()


async def _end_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)


async def _pass_on(
    proxy: Delay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Passes bytes on, each part a while after it came, and then the end."""
    try:
        while part := await reader.read(CHUNK_BYTES):
            await asyncio.sleep(proxy.seconds)
            writer.write(part)
            await writer.drain()
        await asyncio.sleep(proxy.seconds)
        writer.close()
    except OSError:
        writer.transport.abort()
