"""Text to speech as a use case: text in, pieces of sound out, whatever the protocol."""
