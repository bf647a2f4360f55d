"""Routes of both services: health, models, NVIDIA NIM's metadata."""
