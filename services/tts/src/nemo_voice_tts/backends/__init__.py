"""The only modules of this service that import nemo and torch."""
