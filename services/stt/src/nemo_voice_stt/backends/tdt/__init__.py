"""A NeMo transducer: batches of audio to words with times."""
