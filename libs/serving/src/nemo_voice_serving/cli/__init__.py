"""What both command lines share: flags of settings, `fetch`, `check`."""
