"""Trains the demo recogniser: FastConformer with a token-and-duration transducer."""
