"""Conditions, phase and Events, decided from what was observed."""
