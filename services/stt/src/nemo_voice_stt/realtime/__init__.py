"""Live speech to text: one session takes samples and gives events, whatever the protocol."""
