"""Makes a CycloneDX bill of materials of an image from the list of its packages.

Called by `sbom.py` with what `tools/images/packages.py` printed inside the image.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from tools.release.licences import NOT_STATED, licence_of, stated

_LICENCES = LicenseFactory()


class InvalidBillError(Exception):
    """The bill is not of the form that the standard requires."""


def bill(
    contents: Mapping[str, Any], *, name: str, version: str, identity: str, made: datetime
) -> str:
    """Returns the bill as JSON; the same image gives the same text.

    Args:
        contents: What packages.py printed.
        name: Of the image.
        version: Of the image.
        identity: The image's digest.
        made: When the image was made.

    Raises:
        InvalidBillError: It is not of the form that the standard requires.
    """
    url = PackageURL("oci", None, name, identity)
    image = Component(
        name=name, version=version, type=ComponentType.CONTAINER, purl=url, bom_ref=str(url)
    )
    parts = sorted(_components(contents), key=lambda one: str(one.bom_ref.value))
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, str(url)),
        metadata=BomMetaData(component=image, timestamp=made),
        components=parts,
    )
    bom.register_dependency(image, parts)
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    if (error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)) is not None:
        raise InvalidBillError(f"the bill of {name} is not valid: {error!r}")
    return text + "\n"


def _components(contents: Mapping[str, Any]) -> Iterator[Component]:
    yield from map(_python, contents["python"])
    where = contents["release"]
    for package in contents["debian"]:
        yield _debian(package, where)
    yield from map(_model, contents["models"])


def _python(package: Mapping[str, Any]) -> Component:
    name = re.sub(r"[-_.]+", "-", package["name"]).lower()
    url = PackageURL("pypi", None, name, package["version"])
    licence = licence_of(stated(package["expression"], package["text"], package["classifiers"]))
    return Component(
        name=name,
        version=package["version"],
        type=ComponentType.LIBRARY,
        purl=url,
        bom_ref=str(url),
        licenses=[] if licence == NOT_STATED else [_licence(licence)],
    )


def _licence(licence: str) -> License:
    # Several names with commas are what a package's classifiers say; no expression.
    if "," in licence:
        return _LICENCES.make_with_name(licence)
    return _LICENCES.make_from_string(licence)


def _debian(package: Mapping[str, str], where: Mapping[str, str]) -> Component:
    release = f"{where['id']}-{where['version']}"
    qualifiers = {"arch": package["architecture"], "distro": release}
    url = PackageURL("deb", where["id"], package["name"], package["version"], qualifiers)
    return Component(
        name=package["name"],
        version=package["version"],
        type=ComponentType.LIBRARY,
        purl=url,
        bom_ref=str(url),
    )


def _model(model: Mapping[str, str]) -> Component:
    digest = HashType(alg=HashAlgorithm.SHA_256, content=model["sha256"])
    return Component(
        name=f"nemo-voice-demo-{model['name']}",
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"model:{model['name']}@{model['sha256']}",
        hashes=[digest],
    )
