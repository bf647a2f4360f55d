"""Speech to text as a use case: audio in, passages of words out, whatever the protocol."""
