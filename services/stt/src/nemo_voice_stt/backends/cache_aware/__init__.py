"""NeMo's cache-aware recognisers: streams of live audio, each frame encoded once."""
