"""The commands `fetch` and `check`, and flags for settings, of both services."""
