"""Handshakes in memory: which context takes a connection, and what a failed one says."""

import ssl
from pathlib import Path

import pytest

from nemo_voice_serving.tls.handshakes import ServerContext, handshakes
from support.certificates import Pair, authority_in

PLAIN = b"HTTP/1.1 400 Bad Request\r\n\r\nuse https"


class Connection:
    """A server's end of a connection, as an event loop holds it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.server = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def sent(self, data: bytes) -> bytes:
        """Returns what the server answers to these bytes, and checks that it wants more."""
        self.incoming.write(data)
        with pytest.raises(ssl.SSLWantReadError):
            self.server.do_handshake()
        return self.outgoing.read()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A pair of a certificate and its key."""
    return authority_in(tmp_path_factory.mktemp("authority") / "ca").pair("good")


def context_of(pair: Pair) -> ServerContext:
    """Returns a server's context."""
    context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


def test_plain_http_is_answered_once_and_the_rest_of_it_dropped(pair: Pair) -> None:
    context = context_of(pair)
    connection = Connection(handshakes(lambda: context, PLAIN))
    assert connection.sent(b"POST /v1/audio/speech HTTP/1.1\r\n\r\n") == PLAIN
    assert connection.sent(b"x" * 100_000) == b""
    assert connection.incoming.pending == 0


def test_a_client_that_is_too_old_is_told_by_an_alert(pair: Pair) -> None:
    context = context_of(pair)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    answer, hello = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(answer, hello, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        asking.do_handshake()
    answer.write(Connection(handshakes(lambda: context, PLAIN)).sent(hello.read()))
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        asking.do_handshake()


def test_each_connection_has_the_context_in_force_when_it_begins(
    pair: Pair, tmp_path: Path
) -> None:
    other = authority_in(tmp_path / "other").pair("other")
    current = [context_of(pair)]
    context = handshakes(lambda: current[0], PLAIN)
    before = Connection(context).server.context
    current[0] = context_of(other)
    after = Connection(context).server.context
    assert (before is after, after is current[0]) == (False, True)
