"""The base of the images: the one that is named, Debian's slim image, or one made by debootstrap.

Called by `tools.images`. The one made here is a plain Debian without Python, as the default one is,
so that the Dockerfiles do the same work on both.
"""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from hack.caching import cache_directory
from hack.docker_daemon import Docker, DockerMissingError

DEFAULT = "debian:bookworm-slim"
"""The base of the images where it can be pulled."""
SUITE = "bookworm"
INCLUDED = ("ca-certificates",)
LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "var/log")
PULL_TIMEOUT_S = 120


def base_image(docker: Docker, named: str | None) -> str:
    """Returns the name that was given, else Debian's slim image, else one made here.

    Raises:
        DockerMissingError: none was named, none can be pulled, and debootstrap cannot run.
    """
    if named is not None:
        return named
    if docker.has_image(DEFAULT) or _pulled(docker):
        return DEFAULT
    reference = f"nemo-voice-base:{SUITE}-{_key()}"
    if not docker.has_image(reference):
        docker.run("import", str(_archive()), reference)
    return reference


def _pulled(docker: Docker) -> bool:
    try:
        pull = subprocess.run(
            [docker.program, "pull", "--quiet", DEFAULT],
            env=docker.full_environment(),
            check=False,
            capture_output=True,
            timeout=PULL_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return False
    return pull.returncode == 0


def _key() -> str:
    recipe = repr((SUITE, INCLUDED, LEFT_OUT))
    return hashlib.sha256(recipe.encode()).hexdigest()[:12]


def _archive() -> Path:
    """Returns the root file system as a tar file, made once and kept in the cache."""
    archive = cache_directory() / f"base-{SUITE}-{_key()}.tar"
    if archive.exists():
        return archive
    if shutil.which("debootstrap") is None:
        raise DockerMissingError(f"{DEFAULT} cannot be pulled and debootstrap is not installed")
    print(f"{DEFAULT} cannot be pulled: making a Debian {SUITE} with debootstrap", flush=True)
    with tempfile.TemporaryDirectory(dir=cache_directory()) as scratch:
        root, unfinished = Path(scratch) / "root", Path(scratch) / "base.tar"
        _debootstrap(root)
        subprocess.run(
            ["tar", "--sort=name", "--numeric-owner", "-C", root, "-cf", unfinished, "."],
            check=True,
        )
        unfinished.rename(archive)
    return archive


def _debootstrap(root: Path) -> None:
    log = cache_directory() / "debootstrap.log"
    with log.open("w") as output:
        made = subprocess.run(
            [
                *("debootstrap", "--variant=minbase"),
                *(f"--include={','.join(INCLUDED)}", SUITE, str(root)),
            ],
            stdout=output,
            stderr=output,
            check=False,
        )
    if made.returncode != 0:
        raise DockerMissingError(f"debootstrap failed with status {made.returncode}: see {log}")
    subprocess.run(["chroot", root, "apt-get", "clean"], check=True)
    for folder in LEFT_OUT:
        shutil.rmtree(root / folder, ignore_errors=True)
        (root / folder).mkdir(parents=True)
    # Without the host's name servers: Docker writes this file in every container.
    (root / "etc/resolv.conf").write_text("")
    for lists in (root / "var/lib/apt/lists").glob("*_*"):
        lists.unlink()
