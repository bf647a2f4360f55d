"""The HTTP edge of speech to text: request and response schemas, streaming, routes."""
