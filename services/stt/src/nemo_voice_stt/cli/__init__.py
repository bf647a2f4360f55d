"""Live speech to text on the command line."""
