"""The use case: audio in, words out, whatever the protocol; the port."""
