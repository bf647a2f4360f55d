"""The routes that both services have: health, models, and what NVIDIA's NIM clients need."""
