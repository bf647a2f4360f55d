"""NeMo transducers: batches of audio to words with times."""
