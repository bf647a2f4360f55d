"""Routes: our own, and OpenAI's for transcriptions and for translations."""
