"""The proxy that delays: it passes everything on, later, and ends where nothing is behind it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from support.chaos.network import delaying, dropped_packets

LATE_S = 0.2


@contextmanager
def echo() -> Iterator[str]:
    """Yields the address of a server that sends back the first part of each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(connection.recv(100))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def exchange(address: str) -> tuple[bytes, float]:
    """Returns what came back, and the seconds until its end."""
    began_s = time.monotonic()
    port = int(address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"good morning")
        found = b""
        while part := connection.recv(100):
            found += part
    return found, time.monotonic() - began_s


def test_everything_comes_later_by_the_delay_of_each_way() -> None:
    with echo() as address, delaying(address) as proxy:
        assert exchange(proxy.address)[0] == b"good morning"
        proxy.seconds = LATE_S
        found, took_s = exchange(proxy.address)
    assert found == b"good morning"
    assert took_s >= 2 * LATE_S


def test_new_connections_go_where_the_proxy_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"http://127.0.0.1:{server.getsockname()[1]}"
    with echo() as address, delaying(nobody) as proxy:
        proxy.to = address
        assert exchange(proxy.address)[0] == b"good morning"


def test_a_connection_ends_without_a_byte_if_nothing_is_behind_the_proxy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    with delaying(address) as proxy:
        assert exchange(proxy.address)[0] == b""


def test_only_dropped_packets_are_counted() -> None:
    listed = """
Chain INPUT (policy ACCEPT 90 packets, 9000 bytes)
    pkts      bytes target     prot opt in     out     source     destination
      12     1200 DROP       0    --  *      *       0.0.0.0/0  0.0.0.0/0
       3      300 ACCEPT     0    --  *      *       0.0.0.0/0  0.0.0.0/0

Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)
    pkts      bytes target     prot opt in     out     source     destination
       5      500 DROP       0    --  *      *       0.0.0.0/0  0.0.0.0/0
"""
    assert dropped_packets(listed) == 17
