"""What the command lines of both services share: flags for settings, fetch, check."""
