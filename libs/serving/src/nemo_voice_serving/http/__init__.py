"""The HTTP edge: application, middleware, API keys, streaming, server."""
