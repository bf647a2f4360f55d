"""Live sessions over WebSockets: OpenAI's events, new and old, and NVIDIA's."""
