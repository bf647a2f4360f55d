"""The keys of a process and their quotas, which all its protocols share."""

from dataclasses import dataclass
from typing import Self

from nemo_voice_serving.access.api_keys import ApiKeys
from nemo_voice_serving.access.quotas import Quotas, UsageObserver
from nemo_voice_serving.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Access:
    """Which API keys are valid, and what each of them may use and has used."""

    keys: ApiKeys
    quotas: Quotas

    @classmethod
    def of(cls, settings: ServiceSettings, observer: UsageObserver) -> Self | None:
        """Returns the access that the settings grant; None where no key is required."""
        if settings.api_keys_file is None:
            return None
        quotas = Quotas(settings.key_limits, observer)
        return cls(ApiKeys(settings.api_keys_file, quotas.keep), quotas)
