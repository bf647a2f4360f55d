"""The commands `fetch` and `check` of both services, and flags for their settings."""
