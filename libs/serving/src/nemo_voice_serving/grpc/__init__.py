"""The gRPC edge: the server, API keys and errors of calls, health, reflection."""

import os

# gRPC's core would write a line of its own for each client whose handshake fails.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
