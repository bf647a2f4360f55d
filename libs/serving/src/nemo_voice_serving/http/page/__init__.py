"""What a browser shows of a service: the page at `/`, and `/docs`, with nothing from elsewhere."""
