"""Routes, a module for each API: ours, OpenAI's."""
