"""Listening on every address of the machine, of both families, whatever the kernel has."""

import errno
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

EVERY_ADDRESS = "::"
"""The host that means every address, IPv6 and IPv4."""
EVERY_IPV4_ADDRESS = "0.0.0.0"  # noqa: S104 what it is called
"""The host that means every address of IPv4, and none of IPv6."""

_BACKLOG = 2048
_NO_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


def listen_everywhere(port: int) -> socket.socket:
    """Returns a socket that accepts connections to the port on every address of both families.

    asyncio and socketserver would listen on IPv6 alone for a host of `::`. Where the kernel has no
    IPv6, the socket accepts those of IPv4.

    Raises:
        OSError: The port is in use, or may not be used.
    """
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(
                (EVERY_ADDRESS, port),
                family=socket.AF_INET6,
                dualstack_ipv6=True,
                backlog=_BACKLOG,
            )
        except OSError as error:
            if error.errno not in _NO_IPV6:
                raise
    return socket.create_server((EVERY_IPV4_ADDRESS, port), backlog=_BACKLOG)


def listen(host: str, port: int) -> list[socket.socket]:
    """Returns sockets that accept connections to the port on every address of the host.

    Raises:
        OSError: The port is in use on one of them, or the host has no address.
    """
    if host == EVERY_ADDRESS:
        return [listen_everywhere(port)]
    given = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    found = list(dict.fromkeys(given))  # a file of hosts may name an address twice
    opened: list[socket.socket] = []
    for family, *_, address in found:
        try:
            opened.append(socket.create_server(address, family=family, backlog=_BACKLOG))
        except OSError as error:
            if error.errno not in _NO_IPV6 or len(found) == 1:
                _close(opened)
                raise
    return opened


@contextmanager
def reserved_for_ipv4(host: str, port: int) -> Iterator[None]:
    """Checks that a server could listen on every address of the host, and keeps it to them.

    gRPC is content with one address, and says nothing; and where it is to listen on every address
    of IPv4, it listens on those of IPv6, too, unless somebody has the port there.

    Raises:
        OSError: The port is in use on one of them, or the host has no address.
    """
    _close(listen(host, port))
    if host != EVERY_IPV4_ADDRESS or not socket.has_ipv6:
        yield
        return
    with socket.socket(socket.AF_INET6) as holder:
        holder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        with suppress(OSError):  # no IPv6, or somebody else has the port: both keep gRPC away
            holder.bind((EVERY_ADDRESS, port))
        yield


def _close(sockets: Iterable[socket.socket]) -> None:
    for one in sockets:
        one.close()
