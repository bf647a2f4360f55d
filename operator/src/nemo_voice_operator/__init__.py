"""The Kubernetes operator of VoiceServices."""

from importlib.metadata import version

__version__ = version("nemo-voice-operator")
