"""Text to speech with NeMo FastPitch and HiFi-GAN."""

from importlib.metadata import version

__version__ = version("nemo-voice-tts")
