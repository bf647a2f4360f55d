"""Long and large: hours of audio, long texts, a thousand connections, many requests."""
