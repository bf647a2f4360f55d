"""NeMo models behind the port: the only package that imports torch."""
