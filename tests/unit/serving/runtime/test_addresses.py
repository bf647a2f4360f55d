"""Listening on every address: both families, and IPv4 alone where the kernel has no IPv6."""

import errno
import socket

import pytest

from nemo_voice_serving.runtime.addresses import listen, listen_everywhere, reserved_for_ipv4
from support.not_run import not_run
from support.ports import free_port

LOOPBACKS = ("127.0.0.1", "::1")


def reached(port: int, address: str) -> bool:
    """Whether something accepts on this loopback address."""
    try:
        with socket.create_connection((address, port), timeout=5):
            return True
    except OSError:
        return False


def test_both_families_are_accepted() -> None:
    if not socket.has_dualstack_ipv6():
        not_run("NOT RUN: the kernel has no IPv6")
    with listen_everywhere(0) as listener:
        port = listener.getsockname()[1]
        assert [reached(port, one) for one in LOOPBACKS] == [True, True]


def test_without_ipv6_in_the_kernel_ipv4_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_ipv6", False)
    with listen_everywhere(0) as listener:
        port = listener.getsockname()[1]
        assert listener.family is socket.AF_INET
        assert [reached(port, one) for one in LOOPBACKS] == [True, False]


@pytest.mark.parametrize("number", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_ipv6_that_is_switched_off_falls_back_to_ipv4(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    create_server = socket.create_server

    def refuse_ipv6(
        address: tuple[str, int], *, family: int = socket.AF_INET, backlog: int, **_: object
    ) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(number, "switched off")
        return create_server(address, backlog=backlog)

    monkeypatch.setattr(socket, "create_server", refuse_ipv6)
    with listen_everywhere(0) as listener:
        assert listener.family is socket.AF_INET


def test_a_port_in_use_is_an_error() -> None:
    with (
        listen_everywhere(0) as listener,
        pytest.raises(OSError, match="in use") as failure,
        listen_everywhere(listener.getsockname()[1]),
    ):
        pass
    assert failure.value.errno == errno.EADDRINUSE


@pytest.mark.parametrize(
    ("holder", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("127.0.0.1", "0.0.0.0"),
        ("127.0.0.1", "::"),
        ("::1", "::"),
        ("::1", "::1"),
    ],
)
def test_a_port_is_not_free_that_one_of_the_addresses_has_in_use(holder: str, host: str) -> None:
    if not socket.has_dualstack_ipv6():
        not_run("NOT RUN: the kernel has no IPv6")
    family = socket.AF_INET6 if ":" in holder else socket.AF_INET
    with socket.create_server((holder, 0), family=family) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            listen(host, port)
        with pytest.raises(OSError, match="in use"), reserved_for_ipv4(host, port):
            pass
    with reserved_for_ipv4(host, port):
        pass
    for one in listen(host, port):
        one.close()


def test_an_address_that_a_host_has_twice_is_listened_on_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    getaddrinfo = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *of, **with_: getaddrinfo(*of, **with_) * 2)
    (listener,) = listen("127.0.0.1", free_port())
    listener.close()


def test_a_host_without_an_address_has_no_free_port() -> None:
    with pytest.raises(OSError, match=r"."):
        listen("no-such-host.invalid", 50051)


def test_the_port_of_ipv4_alone_is_kept_from_ipv6() -> None:
    if not socket.has_dualstack_ipv6():
        not_run("NOT RUN: the kernel has no IPv6")
    port = free_port()
    with reserved_for_ipv4("0.0.0.0", port):
        with pytest.raises(OSError, match="in use"):
            listen("::", port)
        socket.create_server(("0.0.0.0", port)).close()
    listen_everywhere(port).close()
