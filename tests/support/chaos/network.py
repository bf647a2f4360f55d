"""Networks that lose and delay: a packet filter in a pod's network, a proxy in front of a Service.

netem, which does both, is not in every kernel.
"""

import asyncio
import contextlib
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from support.ports import free_port

CHUNK_BYTES = 65536


@contextlib.contextmanager
def losing(process: int, share: float) -> Iterator[None]:
    """Drops this share of the packets that a process' network gets and sends, in the block."""
    rules = [
        f"{chain} -m statistic --mode random --probability {share} -j DROP"
        for chain in ("INPUT", "OUTPUT")
    ]

    def change(flag: str, rule: str) -> None:
        inside = ["nsenter", f"--target={process}", "--net", "iptables", "--wait", flag]
        subprocess.run([*inside, *rule.split()], check=True, capture_output=True)

    with contextlib.ExitStack() as stack:
        for rule in rules:
            change("--append", rule)
            stack.callback(change, "--delete", rule)
        yield


@dataclass
class Delay:
    """A proxy whose delay can be changed while it runs."""

    address: str
    seconds: float = 0.0


@contextlib.contextmanager
def delaying(address: str) -> Iterator[Delay]:
    """Yields a proxy in front of an address that passes everything on a while later, both ways."""
    proxy, over, up = Delay(f"http://127.0.0.1:{free_port()}"), threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_proxy(proxy, address, up, over)))
    thread.start()
    try:
        up.wait(10)
        yield proxy
    finally:
        over.set()
        thread.join()


async def _proxy(proxy: Delay, address: str, up: threading.Event, over: threading.Event) -> None:
    there, here = urlsplit(address), urlsplit(proxy.address)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            other_reader, other_writer = await asyncio.open_connection(there.hostname, there.port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(
            _pass_on(proxy, reader, other_writer), _pass_on(proxy, other_reader, writer)
        )

    async with await asyncio.start_server(connected, here.hostname, here.port):
        up.set()
        while not over.is_set():
            await asyncio.sleep(0.05)


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
