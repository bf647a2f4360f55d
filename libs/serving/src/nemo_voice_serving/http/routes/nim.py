"""`GET /v1/version` and `GET /v1/metadata` in the shapes of NVIDIA's NIM.

The NIM Operator reads the model's name from the metadata. Health and metrics have NIM's addresses
in `health.py` and `app.py`.
"""

from fastapi import APIRouter
from pydantic import BaseModel

from nemo_voice_serving.runtime.runtime import Runtime


class Version(BaseModel):
    """The release of the service."""

    release: str
    api: str


class LicenseInfo(BaseModel):
    """The licence of the service; the model's own is with its publisher."""

    name: str = "Apache-2.0"
    path: str = ""
    sha: str = ""
    size: int = 0
    url: str = "https://www.apache.org/licenses/LICENSE-2.0.txt"
    type: str = "url"
    content: str = ""


class ModelInfo(BaseModel):
    """A model that is served."""

    shortName: str  # noqa: N815 NVIDIA's spelling
    modelUrl: str  # noqa: N815 same


class Metadata(BaseModel):
    """The release and the model, in a NIM's shape."""

    version: str
    modelInfo: list[ModelInfo]  # noqa: N815 same
    assetInfo: list[str] = []  # noqa: N815 same
    licenseInfo: LicenseInfo = LicenseInfo()  # noqa: N815 same
    repository_override: str = ""
    selectedModelProfileId: str  # noqa: N815 same


def nim_router(runtime: Runtime, *, version: str) -> APIRouter:
    """Returns the routes that name the release and the loaded model."""
    router = APIRouter(tags=["nim"])

    @router.get("/v1/version", summary="Name the release")
    async def release() -> Version:
        """Returns the release of the service."""
        return Version(release=version, api=version)

    @router.get("/v1/metadata", summary="Describe the service")
    async def metadata() -> Metadata:
        """Returns release and model; until it is loaded, as the settings name it."""
        settings = runtime.settings
        revision = runtime.model.revision or settings.model_revision or ""
        # The NIM Operator takes what stands before the first colon for the name.
        name = settings.model.partition("://")[2] or settings.model
        served = ModelInfo(
            shortName=":".join(filter(None, (name, revision))), modelUrl=settings.model
        )
        return Metadata(version=version, modelInfo=[served], selectedModelProfileId=revision)

    return router
