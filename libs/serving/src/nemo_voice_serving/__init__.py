"""Serving a NeMo model over HTTP: everything that does not depend on the direction of speech."""
