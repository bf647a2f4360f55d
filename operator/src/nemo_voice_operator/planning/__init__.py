"""Which state is wanted now, decided from the spec and what was observed."""
