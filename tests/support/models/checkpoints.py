"""Small .nemo files made in code, harmless and harmful."""

import collections
import gzip
import hashlib
import io
import pickle
import tarfile
import zipfile

CONFIG = b"target: nemo.collections.tts.models.FastPitchModel\n"


def nemo_file(extra: dict[str, bytes] | None = None, *, weight_bytes: int = 200_000) -> bytes:
    """Returns a harmless .nemo file of about that size, with extra members."""
    files = {
        "./model_config.yaml": CONFIG,
        "./model_weights.ckpt": weights(weight_bytes),
        "./0123456789abcdef0123456789abcdef_tokenizer.model": b"\x0a\x10pieces",
    }
    return tar_of(files | (extra or {}))


def tar_of(files: dict[str, bytes], *, format_: int = tarfile.PAX_FORMAT) -> bytes:
    """Returns a tar of these files."""
    return tar_of_members(
        [(tarfile.TarInfo(name), content) for name, content in files.items()], format_
    )


def tar_of_members(
    members: list[tuple[tarfile.TarInfo, bytes]], format_: int = tarfile.PAX_FORMAT
) -> bytes:
    """Returns a tar of members of any kind; a size of 0 becomes the content's."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:", format=format_) as tar:
        for info, content in members:
            info.size = info.size or len(content)
            tar.addfile(info, io.BytesIO(content) if content else None)
    return buffer.getvalue()


def compressed(archive: bytes) -> bytes:
    """Returns the archive compressed, as NeMo before 1.7 wrote it."""
    return gzip.compress(archive, mtime=0)


def weights(size_bytes: int = 1000, pickled: bytes | None = None) -> bytes:
    """Returns a file as torch.save writes it: a zip of a pickle and raw numbers."""
    data = pickled if pickled is not None else pickle.dumps(collections.OrderedDict(), protocol=2)
    numbers = hashlib.shake_128(size_bytes.to_bytes(8, "big")).digest(size_bytes)
    files = {"data.pkl": data, "version": b"3\n", "data/0": numbers}
    return zip_of({f"model_weights/{name}": content for name, content in files.items()})


def zip_of(
    files: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED, comment: bytes = b""
) -> bytes:
    """Returns a zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.comment = comment
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980, so that the same content is the same file
            entry.compress_type = compression
            archive.writestr(entry, content)
    return buffer.getvalue()
