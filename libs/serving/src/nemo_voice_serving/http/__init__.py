"""The HTTP edge of both services: the application, what surrounds its routes, and the server."""
