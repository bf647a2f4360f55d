"""Text in pieces over WebSockets: NVIDIA's events, and the shape of `stream-input`."""
