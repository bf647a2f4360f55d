"""An HTTP server for the progress of a running `fetch`."""

import contextlib
import logging
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from typing_extensions import override

from nemo_voice_serving.runtime.addresses import EVERY_ADDRESS, listen_everywhere

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def serving_progress(port: int | None, body: Callable[[], bytes]) -> Iterator[None]:
    """Responds to every GET on the port with the current body, until the block ends.

    Args:
        port: On all of the machine's addresses; None = no server. A port in use is a warning only:
            the files matter more than the report.
        body: Returns the response's JSON; called in other threads.
    """
    with contextlib.ExitStack() as stack:
        if port is not None:
            try:
                server = stack.enter_context(_Server(port, body))
            except OSError as error:
                facts = {"port": port, "error": error.strerror}
                logger.warning("progress port not available", extra=facts)
            else:
                serve, pause = server.serve_forever, {"poll_interval": 0.1}
                threading.Thread(target=serve, kwargs=pause, daemon=True).start()
                stack.callback(server.shutdown)
        yield


class _Server(socketserver.ThreadingTCPServer):
    """Not `HTTPServer`: that one looks its own name up first, which may take a DNS timeout."""

    daemon_threads = True

    def __init__(self, port: int, body: Callable[[], bytes]) -> None:
        super().__init__((EVERY_ADDRESS, port), _Handler, bind_and_activate=False)
        self.socket.close()  # the client is another pod, which may have either family
        self.socket = listen_everywhere(port)
        self.body = body

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that disconnected is no error
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "nemo-voice-fetch"
    sys_version = ""
    timeout = 5.0

    def do_GET(self) -> None:
        """Responds to any path."""
        body = self.server.body()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing: a request is no event."""
