"""Speech detection with Silero VAD."""
