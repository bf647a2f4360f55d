"""The gRPC edge: Riva's speech recognition."""
