"""Clients of the API server and of the pods."""
