"""LiteLLM's proxy as it is put in front of this project's services, for the documentation too."""

from typing import Any


def live_stt(stt: str) -> dict[str, Any]:
    """Returns an entry of the proxy's `model_list` for live speech to text."""
    return {
        "model_name": "live",
        "litellm_params": {
            "model": "openai/nemo-voice",
            "api_base": f"http://{stt}",
            "api_key": "none",
        },
    }
