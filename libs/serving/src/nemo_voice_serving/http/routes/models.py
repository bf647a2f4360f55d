"""`GET /v1/models` in OpenAI's shape: the one model a service has loaded.

`GET /v1/audio/models` is Open WebUI's, which fills its menu of models from it.
"""

from collections.abc import Iterable
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from nemo_voice_serving.errors import NotFound
from nemo_voice_serving.http.error_responses import ErrorBody
from nemo_voice_serving.runtime.runtime import Runtime


class ModelObject(BaseModel):
    """A model as OpenAI describes one, with what is known of the checkpoint beyond that."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "nemo-voice"
    revision: str | None = None
    architecture: str | None = None
    """NeMo's class."""
    kind: str | None = None
    """What it is, in a word, such as `transducer` or `FastPitch`."""
    languages: tuple[str, ...] = ()
    """Codes of what it speaks or understands; none where that is not known."""
    speakers: int | None = None
    """How many speakers it has; of voices only."""
    voices: tuple[str, ...] = ()
    """The names of its voices, as requests give them; of voices only."""
    translations: dict[str, tuple[str, ...]] = {}
    """The languages that it translates each spoken one to; of recognisers only."""


class ModelList(BaseModel):
    """The models a service serves: one."""

    object: Literal["list"] = "list"
    data: list[ModelObject]


class AudioModel(BaseModel):
    """A model: what a request names, and what a menu shows."""

    id: str
    name: str


class AudioModels(BaseModel):
    """The models a service serves, for menus: one."""

    models: list[AudioModel]


def models_router(runtime: Runtime) -> APIRouter:
    """Returns the routes that name the model; until it is loaded, as the settings name it."""
    router = APIRouter(tags=["openai"])

    def served() -> ModelObject:
        model = runtime.model
        return ModelObject(
            id=model.source,
            revision=model.revision,
            architecture=model.architecture,
            kind=model.kind,
            languages=model.languages,
            speakers=model.speakers,
            translations=_by_spoken_language(model.translations),
            voices=model.voices,
        )

    @router.get("/v1/models", summary="List the model")
    async def list_models() -> ModelList:
        """Lists the one model that is served."""
        return ModelList(data=[served()])

    @router.get("/v1/audio/models", summary="List the model, for menus")
    async def list_audio_models() -> AudioModels:
        """Lists the one model that is served, with id and name."""
        name = served().id
        return AudioModels(models=[AudioModel(id=name, name=name)])

    @router.get(
        "/v1/models/{model:path}",
        summary="Describe the model",
        responses={404: {"model": ErrorBody, "description": "Another model is served."}},
    )
    async def describe_model(model: str) -> ModelObject:
        """Returns the model of that name, or 404."""
        if model != served().id:
            raise NotFound(f"This service serves {served().id}, not {model}.", param="model")
        return served()

    return router


def _by_spoken_language(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for spoken, written in pairs:
        found[spoken] = (*found.get(spoken, ()), written)
    return found
