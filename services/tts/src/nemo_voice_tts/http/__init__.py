"""The HTTP edge of text to speech: request and response schemas, streaming, routes."""
