"""A client over TLS that sends everything before it reads anything, as blocking ones do."""

import socket
import ssl

_PATIENCE_S = 30.0


def response_to_much(port: int, context: ssl.SSLContext) -> bytes:
    """Returns all that the service sends for a body of three megabytes, to the end it states."""
    head = (
        b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 3000000\r\nConnection: close\r\n\r\n"
    )
    with (
        socket.create_connection(("127.0.0.1", port), _PATIENCE_S) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        client.sendall(head)
        for _ in range(30):
            client.sendall(b"x" * 100_000)
        return b"".join(iter(lambda: client.recv(65_536), b""))
