"""The search of transducers as machine code: compiled once from its C source, and loaded.

An image brings it compiled: `python -m` with this module's name does that, while the wheel is
built. From a source tree it is compiled at the first use.
"""

import ctypes
import hashlib
import logging
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

logger = logging.getLogger(__name__)

SOURCE = Path(__file__).with_name("greedy_search.c")
# Vectors may be summed in another order only where the source says so, and no number is assumed to
# be finite. The processor's own instructions are chosen when it runs, not here.
FLAGS = (
    *("-std=gnu11", "-O3", "-fPIC", "-shared"),
    *("-fopenmp-simd", "-ffp-contract=fast"),
    *("-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros"),
)
_COMPILERS = ("cc", "gcc", "clang")
_LONGEST_S = 120


class NoLibrary(Exception):
    """There is no compiled search, and none can be made here."""


def load(source: Path = SOURCE) -> ctypes.CDLL:
    """Returns the library of a source; a call of its functions lets other threads run.

    Raises:
        NoLibrary: It is not there, and there is no compiler; or what is there cannot be loaded.
    """
    try:
        if (path := _path(source)).is_file():
            return ctypes.CDLL(str(path))
        try:
            return ctypes.CDLL(str(compile_beside(source)))
        except OSError:  # nothing may be written there
            with tempfile.TemporaryDirectory(prefix="search-") as folder:
                return ctypes.CDLL(str(_compiled(source, Path(folder) / path.name)))
    except OSError as error:
        raise NoLibrary(f"its library cannot be used: {error}") from error


def compile_beside(source: Path = SOURCE) -> Path:
    """Returns the path of a source's library, compiled beside it.

    Raises:
        NoLibrary: There is no compiler, or it fails.
        OSError: The folder cannot be written to.
    """
    path = _path(source)
    with tempfile.TemporaryDirectory(prefix=".search-", dir=path.parent) as folder:
        # Other processes see all of it or nothing.
        return _compiled(source, Path(folder) / path.name).replace(path)


def _path(source: Path) -> Path:
    # Named for what it was made of: one from an older source is never loaded.
    made_of = hashlib.sha256(source.read_bytes() + repr(FLAGS).encode())
    return source.with_name(f"{source.stem}-{made_of.hexdigest()[:16]}.so")


def _compiled(source: Path, path: Path) -> Path:
    compiler = next(filter(None, map(shutil.which, _COMPILERS)), None)
    if compiler is None:
        raise NoLibrary("it is not compiled, and there is no C compiler")
    command = [compiler, *FLAGS, str(source), "-o", str(path)]
    try:
        done = subprocess.run(  # noqa: S603 our own source
            command, capture_output=True, timeout=_LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NoLibrary("its compiler does not end") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace")  # in the language of the place
        raise NoLibrary(f"its compiler fails: {said.strip()[-500:]}")
    logger.info("search compiled", extra={"compiler": compiler})
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{compile_beside()}\n")
