"""Ports for servers that tests start."""

import itertools
import random
import socket
from pathlib import Path

_LOWEST = 10_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_WELL_KNOWN = (32_768, 60_999)
_TRIES = 1000


def _first_of_clients() -> int:
    # From there on, the system gives ports to clients, and may give one before a server takes it.
    first, _ = map(int, _RANGE.read_text().split()) if _RANGE.exists() else _WELL_KNOWN
    return first if first > _LOWEST + _TRIES else _WELL_KNOWN[0]


_numbers = itertools.cycle(range(_LOWEST, _first_of_clients()))
for _ in range(random.SystemRandom().randrange(20_000)):
    next(_numbers)


def free_port() -> int:
    """Returns a port that is free on every address, and that nothing else is likely to take.

    Neither a client of this machine gets it, nor this process by another call. Two processes begin
    to look for one at different numbers.

    Raises:
        OSError: No port of very many is free.
    """
    for port in itertools.islice(_numbers, _TRIES):
        if _is_free(port):
            return port
    raise OSError(f"none of {_TRIES} ports is free")


def _is_free(port: int) -> bool:
    family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    with socket.socket(family) as probe:
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
