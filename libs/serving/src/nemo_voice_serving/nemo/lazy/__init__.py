"""Imports of NeMo that are made at their first use, and most of them never."""
