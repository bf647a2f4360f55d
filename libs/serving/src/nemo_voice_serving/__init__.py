"""What both services share, whatever the direction of speech."""
