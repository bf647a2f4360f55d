"""The HTTP edge: request and response schemas, server-sent events."""
