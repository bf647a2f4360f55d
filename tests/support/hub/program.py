"""The hub as a program in a pod of one of our images, with a control port.

It serves the demo model of the image, at two commits, public and private. It can import the
standard library and `server.py` only.
"""

import json
import signal
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support.hub.server import Fault, Hub, running_hub

PORT, CONTROL_PORT = 8000, 8001
PUBLIC, PRIVATE = "acme/listener", "acme/private-listener"
COMMITS = ("a" * 40, "b" * 40)
CHECKPOINT = "/opt/nemo-voice/models/demo/fastconformer-tdt.nemo"
PADDING = bytes(10240)
"""Added at the second commit: archives end in zeros, so the model is the same."""


class _Control(BaseHTTPRequestHandler):
    @property
    def hub(self) -> Hub:
        found: Hub = self.server.hub  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        """Returns the recorded requests for contents."""
        self._respond([asdict(seen) for seen in self.hub.bodies()])

    def do_POST(self) -> None:
        """Sets the faults of the next bodies and continues stalled ones."""
        faults = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.hub.faults.clear()
        self.hub.seen.clear()
        self.hub.released.set()
        if faults:
            self.hub.released.clear()
            self.hub.faults.extend(Fault(**fault) for fault in faults)
        self._respond(None)

    def _respond(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serves until SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    checkpoint = Path(CHECKPOINT).read_bytes()
    with running_hub("0.0.0.0", PORT) as hub:
        for name in (PUBLIC, PRIVATE):
            for commit, content in zip(COMMITS, (checkpoint, checkpoint + PADDING), strict=True):
                hub.add(name, {"listener.nemo": content}, commit=commit)
        hub.repositories[PRIVATE].private = True
        control = ThreadingHTTPServer(("0.0.0.0", CONTROL_PORT), _Control)
        control.hub = hub  # type: ignore[attr-defined]
        try:
            control.serve_forever()
        except KeyboardInterrupt:
            control.server_close()


if __name__ == "__main__":
    main()
