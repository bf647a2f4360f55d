"""Handshakes of a server whose certificate changes while it runs, and what a failed one says.

An event loop closes a connection as soon as its handshake has failed, before the client was told
why: neither that it is too old, nor that it spoke plain HTTP.
"""

import ssl
from collections.abc import Callable
from typing import Any, NoReturn

from typing_extensions import override


class Handshake(ssl.SSLObject):
    """One connection of a server, which tells the client why a handshake fails."""

    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO
    plain_response = b""
    """What a client is sent that speaks plain HTTP."""
    _has_failed = False

    @override
    def do_handshake(self) -> None:
        """Does the next step; after a failure the client has to close, having read the reason.

        Raises:
            ssl.SSLError: The handshake has failed, and there is nothing to say.
            ssl.SSLWantReadError: The client's next bytes are needed.
        """
        if self._has_failed:
            self._wait_for_the_end()
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            if error.reason == "HTTP_REQUEST":
                self.outgoing.write(self.plain_response)
            if not self.outgoing.pending:
                raise
            self._has_failed = True
            self._wait_for_the_end()

    def _wait_for_the_end(self) -> NoReturn:
        """Drops what comes until the client closes; the loop closes when the time is over."""
        self.incoming.read()
        raise ssl.SSLWantReadError from None


class ServerContext(ssl.SSLContext):
    """Makes connections that tell the client why a handshake fails."""

    sslobject_class = Handshake

    @override
    def wrap_bio(
        self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *arguments: Any, **named: Any
    ) -> Handshake:
        """Returns a connection; event loops call this for each."""
        made = super().wrap_bio(incoming, outgoing, *arguments, **named)
        assert isinstance(made, Handshake)  # noqa: S101 of the class above
        made.incoming, made.outgoing = incoming, outgoing
        return made


class CurrentContext(ServerContext):
    """Takes each connection with the context that is in force then."""

    current: Callable[[], ServerContext]
    plain_response: bytes

    @override
    def wrap_bio(
        self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *arguments: Any, **named: Any
    ) -> Handshake:
        """Returns a connection of the context in force."""
        made = self.current().wrap_bio(incoming, outgoing, *arguments, **named)
        made.plain_response = self.plain_response
        return made


def handshakes(current: Callable[[], ServerContext], plain_response: bytes) -> ssl.SSLContext:
    """Returns a server's context that takes each connection with the context in force then.

    Args:
        current: Returns the context in force.
        plain_response: What those are sent who speak plain HTTP.
    """
    made = CurrentContext(ssl.PROTOCOL_TLS_SERVER)
    made.current = current
    made.plain_response = plain_response
    return made
