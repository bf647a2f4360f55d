"""What a browser shows: the page at `/`, and `/docs`, with nothing from elsewhere."""
