"""Why a checkpoint is not served, as found in its configuration.

```
RefusedConfig
├── MalformedConfig   not the configuration of a NeMo model
├── UnsupportedModel  a model of a kind that is not served here
└── UnsafeConfig      would load something else with it, or fill the memory
```
"""


class RefusedConfig(Exception):
    """Base class; the message says what is wrong and what to do.

    Args:
        problem: What is wrong, wherever the model is used.
        advice: What to name instead.
    """

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(f"{problem} {advice}".rstrip())
        self.problem = problem
        self.advice = advice


class MalformedConfig(RefusedConfig):
    """It is not the configuration of a NeMo model."""


class UnsupportedModel(RefusedConfig):
    """The model is of a kind that is not served, or not in this place."""


class UnsafeConfig(RefusedConfig):
    """The configuration names what must not be loaded with it, or claims absurd sizes."""
