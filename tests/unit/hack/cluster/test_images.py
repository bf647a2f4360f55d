"""The cluster's own images: archives that a container runtime accepts."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

from hack.cluster.images import OwnImage


def content(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {entry.name: tar.extractfile(entry) for entry in tar if entry.isfile()}
        return {name: file.read() for name, file in files.items() if file is not None}


def test_an_image_names_itself_and_the_digest_of_its_one_layer(tmp_path: Path) -> None:
    (tmp_path / "program").write_text("#!/bin/sh\n")
    image = OwnImage("local/tool:1", tmp_path / "program", "bin/tool", ("/bin/tool",))
    files = content(image.archive())
    (manifest,) = json.loads(files["manifest.json"])
    configuration = json.loads(files[manifest["Config"]])
    (layer,) = manifest["Layers"]
    digest = hashlib.sha256(files[layer]).hexdigest()
    assert manifest["RepoTags"] == ["local/tool:1"]
    assert configuration["rootfs"]["diff_ids"] == [f"sha256:{digest}"]
    assert configuration["config"]["Entrypoint"] == ["/bin/tool"]
    assert content(files[layer]) == {"bin/tool": b"#!/bin/sh\n"}


def test_other_names_point_to_the_program(tmp_path: Path) -> None:
    (tmp_path / "program").touch()
    image = OwnImage("local/tool:1", tmp_path / "program", "bin/tool", links=("bin/sh",))
    layer = content(image.archive())["layer.tar"]
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        assert tar.getmember("bin/sh").linkname == "/bin/tool"
