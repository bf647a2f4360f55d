"""The gRPC edge: the server, API keys and errors of calls, health, reflection."""
