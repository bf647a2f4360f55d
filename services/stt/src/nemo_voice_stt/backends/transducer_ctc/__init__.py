"""NeMo's transducers and CTC models: batches of audio to words with times."""
