"""The HTTP edge of both services: the application, its middleware and errors, and the server."""
