"""Files that a kubelet mounts from a Secret or a ConfigMap, or that a person keeps in their place.

`access/api_keys.py`, the lists of pronunciations and `tls/` read them again and again.
"""

import contextlib
from pathlib import Path

_MAX_FILE_BYTES = 1024 * 1024
"""The size limit of a Secret and of a ConfigMap."""


def contents_of(path: Path) -> dict[str, bytes]:
    """Returns the content of a file under an empty name, or of each file of a folder by its name.

    Raises:
        OSError: A file cannot be read, is no file, or holds more than a mebibyte.
    """
    if not path.is_dir():
        return {"": content_of(path)}
    found = {}
    for file in sorted(path.iterdir()):
        # A leading dot marks the links and folders with which the kubelet swaps the content.
        if not file.name.startswith(".") and file.is_file():
            # While a key is removed, the kubelet deletes the content before the link to it.
            with contextlib.suppress(FileNotFoundError):
                found[file.name] = content_of(file)
    return found


def content_of(path: Path) -> bytes:
    """Returns the content of a file.

    Raises:
        OSError: It cannot be read, is no file, or holds more than a mebibyte.
    """
    if path.exists() and not path.is_file():
        # Opening a named pipe would block until somebody writes to it.
        raise OSError(f"{path} is not a file")
    with path.open("rb") as file:
        content = file.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise OSError(f"{path} is larger than {_MAX_FILE_BYTES} bytes")
    return content
