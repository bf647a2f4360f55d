"""The HTTP edge: request schemas, responses, server-sent events."""
