"""The race guard: fails when the services fall behind the raw models by a quarter."""
