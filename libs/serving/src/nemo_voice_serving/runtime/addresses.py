"""Listening on every address of the machine, of both families, whatever the kernel has."""

import errno
import socket

EVERY_ADDRESS = "::"
"""The host that means every address, IPv6 and IPv4."""

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
    return socket.create_server(("0.0.0.0", port), backlog=_BACKLOG)  # noqa: S104 every address


def check_free(host: str, port: int) -> None:
    """Checks that a server could listen on every address of the host.

    gRPC's own is content with one of them, and says nothing.

    Raises:
        OSError: The port is in use on one of them, or the host has no address.
    """
    if host == EVERY_ADDRESS:
        listen_everywhere(port).close()
        return
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, *_, address in found:
        try:
            socket.create_server(address, family=family).close()
        except OSError as error:
            if error.errno not in _NO_IPV6 or len(found) == 1:
                raise
