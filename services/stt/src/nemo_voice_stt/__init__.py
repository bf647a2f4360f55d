"""Speech to text with NVIDIA NeMo."""

from importlib.metadata import version

__version__ = version("nemo-voice-stt")
