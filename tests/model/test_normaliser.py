"""The real normaliser in its processes: what it says, what it leaves alone, how it recovers."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from typing_extensions import override
from wordfreq import top_n_list

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_tts.text.grammars import build_grammars, default_grammars, open_grammars
from nemo_voice_tts.text.normaliser import Normaliser, _NotRunning, is_plain, whitelist_words

in_module_loop = pytest.mark.asyncio(loop_scope="module")


class Fatal(str):
    """A phrase that ends the process which unpickles it."""

    __slots__ = ()

    @override
    def __reduce__(self) -> Any:
        return os._exit, (1,)


@pytest.fixture(scope="session")
def grammars() -> Path:
    """The compiled grammars in the user's cache, built if this is the first run."""
    directory = default_grammars()
    build_grammars(directory)
    return directory


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def normaliser(grammars: Path) -> AsyncIterator[Normaliser]:
    """A running normaliser."""
    made = Normaliser(grammars)
    await made.start()
    yield made
    await made.close()


def processes_of(normaliser: Normaliser) -> list[int]:
    """The process ids of a running normaliser."""
    assert isinstance(normaliser._pool, ProcessPoolExecutor)
    return list(normaliser._pool._processes)


@in_module_loop
@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("It costs $5.50.", "It costs five dollars fifty cents."),
        ("He ate 3/4 of it.", "He ate three quarters of it."),
        ("On Jan. 3rd 2024 we met.", "On january third twenty twenty four we met."),
        ("Come at 10:30 a.m. then.", "Come at ten thirty AM then."),
        ("Come at 7 p.m.", "Come at seven PM."),
        ("She is from St. Louis.", "She is from Saint Louis."),
        ("He paid $234.56!", "He paid two hundred and thirty four dollars fifty six cents!"),
        ("In 1999 it was -5°C.", "In nineteen ninety nine it was minus five degrees Celsius."),
        ("Is 20% of 1,000,000 km enough?", "Is twenty percent of one million kilometers enough?"),
        ("A café & a naïve idea", "A café and a naïve idea"),
        ("No change is needed here.", "No change is needed here."),
    ],
)  # fmt: skip
async def test_written_forms_are_read_right(
    normaliser: Normaliser, written: str, spoken: str
) -> None:
    assert await normaliser.normalise(written) == spoken


@in_module_loop
async def test_same_phrase_is_normalised_once(normaliser: Normaliser) -> None:
    first = await normaliser.normalise("Room 12 again.")
    pool, normaliser._pool = normaliser._pool, _NotRunning()
    try:
        assert await normaliser.normalise("Room 12 again.") == first
    finally:
        normaliser._pool = pool


@in_module_loop
async def test_dead_process_is_replaced_and_the_phrases_still_spoken(
    normaliser: Normaliser,
) -> None:
    for worker in processes_of(normaliser):
        os.kill(worker, signal.SIGKILL)
    phrases = [f"Room {number}." for number in (81, 82, 83)]

    spoken = await asyncio.gather(*map(normaliser.normalise, phrases))

    assert spoken == ["Room eighty one.", "Room eighty two.", "Room eighty three."]


@in_module_loop
async def test_phrase_that_kills_every_process_fails_alone(normaliser: Normaliser) -> None:
    with pytest.raises(BackendFailed, match="failed on this text"):
        await normaliser._run(Fatal("12"))

    assert await normaliser.normalise("Room 84.") == "Room eighty four."


@in_module_loop
async def test_oldest_phrase_is_forgotten_first(
    normaliser: Normaliser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normaliser, "_remembered", 2)
    normaliser._known.clear()
    for number in (1, 2, 1, 3):
        await normaliser.normalise(f"Room {number}.")

    assert list(normaliser._known) == ["Room 1.", "Room 3."]


async def test_start_with_unreadable_grammars_is_refused(grammars: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(grammars, damaged, ignore=shutil.ignore_patterns(".*"))
    (damaged / "en_tn_post_processing.far").write_bytes(b"")

    with pytest.raises(BackendFailed, match="do not start"):
        await Normaliser(damaged).start()


async def test_several_processes_are_all_ready_at_start(grammars: Path) -> None:
    normaliser = Normaliser(grammars, workers=2)
    await normaliser.start()
    try:
        assert len(processes_of(normaliser)) == 2
    finally:
        await normaliser.close()


def test_phrases_taken_as_plain_are_those_the_grammars_leave_alone(grammars: Path) -> None:
    normalizer = open_grammars(grammars)
    special = whitelist_words()
    chance = random.Random(5)  # noqa: S311 - any sentences do
    known = [word for word in top_n_list("en", 20_000) if word.replace("'", "").isalpha()]
    marks = [" "] * 8 + [", ", "; ", ": ", "? ", " (", ") ", ' "', '" ', "-", '," ']
    checked = 0
    while checked < 50:
        words = chance.sample(known, 15)
        words[0] = chance.choice(("I", "A", "I'll", words[0].capitalize()))
        joined = "".join(f"{word}{chance.choice(marks)}" for word in words)
        phrase = f"{joined.strip()}{chance.choice('.?!')}"
        if not is_plain(phrase, special):
            continue
        checked += 1
        assert (
            normalizer.normalize(phrase, punct_pre_process=True, punct_post_process=True) == phrase
        )


def test_worker_imports_no_torch_and_no_nemo() -> None:
    program = (
        "import sys, nemo_voice_tts.text.normaliser\n"
        "from nemo_text_processing.text_normalization.normalize import Normalizer\n"
        "heavy = {'torch', 'nemo', 'transformers'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert finished.returncode == 0, finished.stderr


def test_processes_end_with_a_killed_parent(grammars: Path) -> None:
    program = (
        "import asyncio, os, signal, sys\n"
        "from pathlib import Path\n"
        "from nemo_voice_tts.text.normaliser import Normaliser\n"
        "async def main():\n"
        "    normaliser = Normaliser(Path(sys.argv[1]))\n"
        "    await normaliser.start()\n"
        "    print(*normaliser._pool._processes, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program, str(grammars)]

    # Returns when the last process that holds its standard output has ended.
    finished = subprocess.run(command, capture_output=True, check=False, timeout=120)

    assert finished.returncode == -signal.SIGKILL, finished.stderr
