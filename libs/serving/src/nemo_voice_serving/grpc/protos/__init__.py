"""Riva's messages and calls, generated from `protos/`."""
