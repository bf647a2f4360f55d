"""From written text to phrases that a voice can say."""
