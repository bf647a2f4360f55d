"""Measures the demo checkpoints: `python -m evaluation` writes the figures of the model card."""
