"""What an import does while its module waits for its first use, on small packages made here."""

import importlib
import sys
import threading
import time
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from nemo_voice_serving.nemo.lazy.deferred import is_deferred
from nemo_voice_serving.nemo.lazy.finder import LazyFinder, install

Written = Callable[..., types.ModuleType]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """Writes packages named `lazy_…` and imports the first, with the finder before the others."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(
        files: Mapping[str, str],
        deferred: Mapping[str, tuple[str, ...]] = types.MappingProxyType({}),
        reexporting: tuple[str, ...] = (),
    ) -> types.ModuleType:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        monkeypatch.setattr(sys, "meta_path", [LazyFinder(reexporting, deferred), *sys.meta_path])
        first = next(iter(files)).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return importlib.import_module(first)

    yield write
    for name in [name for name in sys.modules if name.startswith("lazy_")]:
        del sys.modules[name]


def ran(name: str) -> bool:
    """Returns whether a module that sets `RAN` has run."""
    return "RAN" in vars(sys.modules[name])


HEAVY = "RAN = True\nNUMBER = 7\nclass Thing:\n    size = 3\ndef double(n):\n    return 2 * n\n"


def test_a_deferred_module_runs_when_an_attribute_is_read(written: Written) -> None:
    heavy = written({"lazy_heavy.py": HEAVY}, {"lazy_heavy": ()})
    assert not ran("lazy_heavy")
    assert heavy.NUMBER == 7
    assert ran("lazy_heavy")
    assert sys.modules["lazy_heavy"] is heavy
    assert type(heavy) is types.ModuleType


def test_importing_a_deferred_module_again_does_not_run_it(written: Written) -> None:
    written({"lazy_heavy.py": HEAVY}, {"lazy_heavy": ()})
    importlib.import_module("lazy_heavy")
    exec("import lazy_heavy")  # noqa: S102 the statement itself
    assert not ran("lazy_heavy")


def test_an_attribute_that_the_module_lacks_is_missing_after_it_ran(written: Written) -> None:
    heavy = written({"lazy_heavy.py": HEAVY}, {"lazy_heavy": ()})
    assert not hasattr(heavy, "nothing")
    assert ran("lazy_heavy")


def test_names_can_be_taken_from_a_module_that_has_not_run(written: Written) -> None:
    user = written(
        {
            "lazy_user.py": "from lazy_heavy import Thing, double\n",
            "lazy_heavy.py": HEAVY,
        },
        {"lazy_heavy": ("Thing", "double")},
    )
    assert not ran("lazy_heavy")
    assert user.double(4) == 8
    assert ran("lazy_heavy")
    assert user.Thing.size == 3


def test_nothing_is_an_instance_of_a_class_whose_module_has_not_run(written: Written) -> None:
    user = written(
        {"lazy_user.py": "from lazy_heavy import Thing\n", "lazy_heavy.py": HEAVY},
        {"lazy_heavy": ("Thing",)},
    )
    assert not isinstance(object(), user.Thing)
    assert not issubclass(int, user.Thing)
    assert not ran("lazy_heavy")
    thing = user.Thing()
    assert isinstance(thing, user.Thing)
    assert issubclass(type(thing), user.Thing)


def test_a_subclass_of_a_deferred_class_has_the_real_one_as_its_base(written: Written) -> None:
    user = written(
        {
            "lazy_user.py": "from lazy_heavy import Thing\nclass More(Thing):\n    pass\n",
            "lazy_heavy.py": HEAVY,
        },
        {"lazy_heavy": ("Thing",)},
    )
    assert user.More.__mro__[1] is sys.modules["lazy_heavy"].Thing


def test_annotations_with_deferred_classes_do_not_run_their_module(written: Written) -> None:
    text = (
        "from typing import Optional, Tuple, Union\nfrom lazy_heavy import Thing\n"
        "Pair = Tuple[Union[int, Thing], Thing]\n"
        "def use(one: Optional[Thing], two: Thing | None, three: 'int' = 3) -> Pair: ...\n"
    )
    user = written(
        {"lazy_user.py": text, "lazy_heavy.py": HEAVY},
        {"lazy_heavy": ("Thing",)},
    )
    assert not ran("lazy_heavy")
    assert typing.get_args(user.Pair)[1] is user.Thing


def test_a_deferred_flag_has_the_truth_of_the_real_one(written: Written) -> None:
    user = written(
        {"lazy_user.py": "from lazy_heavy import ON\n", "lazy_heavy.py": "ON = []\n"},
        {"lazy_heavy": ("ON",)},
    )
    assert not user.ON


def test_importing_a_submodule_runs_its_deferred_package_first(written: Written) -> None:
    package = written(
        {
            "lazy_pack/__init__.py": "from lazy_pack.part import PART\nRAN = True\n",
            "lazy_pack/part.py": "PART = []\n",
        },
        {"lazy_pack": ()},
    )
    part = importlib.import_module("lazy_pack.part")
    assert ran("lazy_pack")
    assert package.PART is part.PART  # the part ran once
    assert importlib.reload(part).PART == []


def test_a_deferred_submodule_leaves_its_deferred_package_alone_until_it_runs(
    written: Written,
) -> None:
    written(
        {
            "lazy_user.py": "from lazy_pack.part import part\n",
            "lazy_pack/__init__.py": "RAN = True\n",
            "lazy_pack/part.py": "import lazy_pack\ndef part():\n    return lazy_pack.RAN\n",
        },
        {"lazy_pack": (), "lazy_pack.part": ("part",)},
    )
    assert not ran("lazy_pack")
    assert sys.modules["lazy_user"].part()


def test_a_module_that_failed_to_run_fails_again_and_names_the_same_reason(
    written: Written,
) -> None:
    broken = written({"lazy_broken.py": "import lazy_absent\n"}, {"lazy_broken": ()})
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match="lazy_absent"):
            _ = broken.anything
    assert is_deferred(broken)


def test_a_module_that_is_not_installed_is_missed_at_its_import(written: Written) -> None:
    with pytest.raises(ModuleNotFoundError, match="lazy_absent"):
        written({"lazy_user.py": "import lazy_absent\n"}, {"lazy_absent": ()})


def test_the_version_of_a_deferred_package_is_known_without_running_it(
    written: Written, tmp_path: Path
) -> None:
    facts = tmp_path / "lazy_heavy-1.2.3.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: lazy_heavy\nVersion: 1.2.3\n")
    heavy = written({"lazy_heavy.py": HEAVY}, {"lazy_heavy": ()})
    assert heavy.__version__ == "1.2.3"
    assert not ran("lazy_heavy")


def test_a_module_that_replaces_itself_gives_the_attributes_of_its_replacement(
    written: Written,
) -> None:
    text = (
        "import sys, types\nnew = types.ModuleType(__name__)\nnew.made = 5\n"
        "sys.modules[__name__] = new\n"
    )
    odd = written({"lazy_odd.py": text}, {"lazy_odd": ()})
    assert odd.made == 5


def test_a_module_that_several_threads_want_at_once_runs_once(written: Written) -> None:
    heavy = written(
        {"lazy_heavy.py": "import time\ntime.sleep(0.05)\nMADE = object()\n"}, {"lazy_heavy": ()}
    )
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(heavy.MADE)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def use_in_two_threads(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """Returns what came of two uses, the second one begun while the first runs `lazy_big`."""
    ends: list[object] = []

    def use(wanted: Callable[[], object]) -> None:
        try:
            ends.append(wanted())
        except (ImportError, RuntimeError) as error:
            ends.append(error)

    threads = [threading.Thread(target=use, args=(one,), daemon=True) for one in (first, second)]
    threads[0].start()
    while "lazy_gate" not in sys.modules:
        time.sleep(0.001)
    threads[1].start()
    time.sleep(0.05)  # by then it waits, or has what it wants
    sys.modules["lazy_gate"].GO.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    return ends


GATE = {"lazy_gate.py": "import threading\nGO = threading.Event()\n"}
BIG = "from lazy_gate import GO\nGO.wait()\nfrom lazy_big.core import ONE\nTWO = ONE + 1\n"


def test_a_thread_may_import_a_submodule_while_another_runs_the_package(written: Written) -> None:
    big = written(
        {"lazy_big/__init__.py": BIG, "lazy_big/core.py": "ONE = 1\n", **GATE}, {"lazy_big": ()}
    )
    ends = use_in_two_threads(lambda: big.TWO, lambda: importlib.import_module("lazy_big.core").ONE)
    assert ends == [1, 2]


def test_threads_that_want_what_the_other_one_runs_do_not_wait_for_ever(written: Written) -> None:
    core = "import lazy_big\nGOT = getattr(lazy_big, 'TWO', None)\nONE = 1\n"
    files = {"lazy_big/__init__.py": BIG, "lazy_big/core.py": core, **GATE}
    big = written(files, {"lazy_big": ()})
    ends = use_in_two_threads(lambda: big.TWO, lambda: importlib.import_module("lazy_big.core").ONE)
    assert len(ends) == 2  # as with other imports in a circle, one or both may have failed
    assert big.TWO == 2


PASSING = {
    "lazy_pack/__init__.py": (
        '"""Says what it holds."""\nfrom lazy_pack.one import One\n'
        "from .two import two as second, unused_two\nfrom lazy_pack.two import two\n"
        "from lazy_pack import three\nfrom lazy_pack.four import four\nLIST = [four]\n"
    ),
    "lazy_pack/one.py": "class One: ...\n",
    "lazy_pack/two.py": "def two():\n    return 2\ndef unused_two(): ...\n",
    "lazy_pack/three.py": "THREE = 3\n",
    "lazy_pack/four.py": "four = 4\n",
}


def test_a_package_imports_what_it_passes_on_when_that_is_asked_for(written: Written) -> None:
    package = written(PASSING, reexporting=("lazy_pack",))
    assert package.__doc__ == "Says what it holds."
    assert package.LIST == [4]  # used by the package itself, and so imported at once
    assert "lazy_pack.one" not in sys.modules
    assert package.One.__module__ == "lazy_pack.one"
    assert package.second() == 2
    assert package.three.THREE == 3


def test_a_passed_on_name_wins_over_the_submodule_of_the_same_name(written: Written) -> None:
    package = written(PASSING, reexporting=("lazy_pack",))
    importlib.import_module("lazy_pack.two")
    assert package.two() == 2


def test_a_star_import_takes_everything_that_a_package_passes_on(written: Written) -> None:
    files = {"lazy_user.py": "from lazy_pack import *\n", **PASSING}
    user = written(files, reexporting=("lazy_pack",))
    assert user.two() == 2
    assert user.One is sys.modules["lazy_pack"].One


def test_a_submodule_that_nobody_imported_is_found_as_an_attribute(written: Written) -> None:
    package = written(
        {"lazy_pack/__init__.py": "from lazy_pack.one import a\n", "lazy_pack/one.py": "a = 1\n",
         "lazy_pack/more.py": "b = 2\n"},
        reexporting=("lazy_pack",),
    )  # fmt: skip
    assert package.more.b == 2
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing


def test_a_package_can_be_deferred_and_pass_names_on(written: Written) -> None:
    package = written(
        PASSING | {"lazy_pack/__init__.py": PASSING["lazy_pack/__init__.py"] + "RAN = True\n"},
        {"lazy_pack": ("One",)},
        reexporting=("lazy_pack",),
    )
    early = package.One
    assert not ran("lazy_pack")
    assert type(early()) is sys.modules["lazy_pack.one"].One
    assert package.two() == 2


def test_the_finder_is_installed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    install()
    install()
    assert sum(isinstance(finder, LazyFinder) for finder in sys.meta_path) == 1
