"""Text to speech: a FastAPI service around NeMo FastPitch and HiFi-GAN."""

from importlib.metadata import version

__version__ = version("nemo-voice-tts")
