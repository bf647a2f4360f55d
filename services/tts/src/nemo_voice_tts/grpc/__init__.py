"""The gRPC edge: Riva's speech synthesis."""
