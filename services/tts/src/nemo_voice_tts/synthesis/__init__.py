"""The use case: text in, audio out, whatever the protocol; the port."""
