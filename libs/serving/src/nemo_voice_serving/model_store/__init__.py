"""Turns a reference to a model into verified files on disk."""
