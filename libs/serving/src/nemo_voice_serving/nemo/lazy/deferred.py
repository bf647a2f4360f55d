"""Modules that are loaded at their first use, and names of them that may be taken before.

A deferred module lies in `sys.modules` like any other and becomes the real one in its place. The
worst that a wrong choice of modules can do is to load one: as early as without this package.
"""

import sys
import typing
from collections.abc import Iterable
from importlib import (
    _bootstrap,
    metadata,
)
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from typing_extensions import override

_PROBES = frozenset(
    {
        "__parameters__",
        "__typing_subst__",
        "__typing_unpacked_tuple_args__",
        "__typing_is_unpacked_typevartuple__",
        "_is_protocol",
    }
)
"""What `typing` looks for in the parts of an annotation."""


class DeferredModule(ModuleType):
    """A module that has not run yet; an attribute that it lacks makes it run."""

    _loader: Loader
    _class: type[ModuleType]
    """Of the real module."""
    _names: frozenset[str]
    _lock: Any
    """Of the kind that the import system waits for, which knows of locks that wait in a circle."""
    _is_loading: bool

    @override
    def __getattr__(self, name: str) -> Any:
        """Returns a placeholder for a name that may be taken early, else the real attribute."""
        state = vars(self)
        # The import system is still filling it in, or asks whether it is a package.
        if "_lock" not in state or name == "__path__":
            raise AttributeError(name)
        # Another thread may make it the real one at any time.
        if name in state.get("_names", ()) and not state.get("_is_loading"):
            return Placeholder(self, name)
        if name == "__version__" and (known := _version_of(self.__name__)):
            return known
        if not load(self):  # as with circular imports
            return getattr(state.get("_class"), "__getattr__", _missing)(self, name)
        return getattr(self, name)

    @override
    def __dir__(self) -> Iterable[str]:
        load(self)
        return dir(self)


class DeferringLoader(Loader):
    """Makes a deferred module of what another loader would load."""

    def __init__(self, loader: Loader, names: Iterable[str]) -> None:
        """Takes the loader, and the names that may be taken without loading the module."""
        self._loader = loader
        self._names = frozenset(names)

    @override
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return DeferredModule(spec.name)

    @override
    def exec_module(self, module: ModuleType) -> None:
        made = self._loader.create_module(module.__spec__) if module.__spec__ else None
        vars(module).update(
            _loader=self._loader,
            _class=ModuleType if made is None else type(made),
            _names=self._names,
            _is_loading=False,
            _lock=_bootstrap._ModuleLock(module.__name__),  # type: ignore[attr-defined] # noqa: SLF001 nowhere else
        )


class _LoadedLoader(Loader):
    """Gives the import system a module that is loaded, instead of a second one."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    @override
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    @override
    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


def spec_of_loaded(module: ModuleType) -> ModuleSpec:
    """Returns the spec for an import of a submodule that its package has imported meanwhile.

    The import system takes the module's own spec where one is found during a search, and would make
    a second module of it: until it has the module, its spec is this one.
    """
    is_package = hasattr(module, "__path__")
    spec = ModuleSpec(module.__name__, _LoadedLoader(module), is_package=is_package)
    module.__spec__ = spec
    return spec


def is_deferred(module: ModuleType | None) -> bool:
    """Returns whether a module has not run yet."""
    return isinstance(module, DeferredModule)


def load(module: ModuleType, *, waits: bool = True) -> bool:
    """Makes a deferred module the real one; returns False where it is being made so meanwhile.

    That is: by this thread, or by one that waits for an import of this thread. As with other
    imports, one of two threads that would wait for each other fails instead.

    Args:
        module: The module, which may be a real one.
        waits: Whether to wait for another thread that is loading it or its package.
    """
    state = vars(module)
    lock = state.get("_lock")
    if not isinstance(module, DeferredModule) or lock is None:
        return True
    if not waits and state.get("_is_loading"):
        return False
    if parent := sys.modules.get(module.__name__.rpartition(".")[0]):
        load(parent, waits=waits)
    try:
        lock.acquire()
    except _bootstrap._DeadlockError:  # type: ignore[attr-defined] # noqa: SLF001 same
        return False
    try:
        return _run(module)
    finally:
        lock.release()


def _run(module: DeferredModule) -> bool:
    if not isinstance(module, DeferredModule):
        return True  # type: ignore[unreachable] # another thread was quicker
    if module._is_loading:  # noqa: SLF001 same module
        return False
    module._is_loading = True  # noqa: SLF001 same module
    try:
        module._loader.exec_module(module)  # noqa: SLF001 same module
    finally:
        module._is_loading = False  # noqa: SLF001 same module
    _become_real(module)
    return True


def _version_of(name: str) -> str | None:
    """Returns a package's version without importing it, as far as its metadata says it."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _missing(module: ModuleType, name: str) -> Any:
    raise AttributeError(f"partially loaded module {module.__name__!r} has no {name!r}")


def _become_real(module: DeferredModule) -> None:
    state = vars(module)
    module.__class__ = module._class  # type: ignore[assignment] # noqa: SLF001 as `importlib.util` does
    for name in ("_loader", "_class", "_names", "_is_loading", "_lock"):
        state.pop(name, None)
    replaced = sys.modules.get(module.__name__)
    if replaced is not None and replaced is not module:  # by itself, such as those of transformers
        state["__getattr__"] = lambda name: getattr(replaced, name)


class Placeholder:
    """A class or function of a deferred module, which whatever is done with it loads.

    But for `isinstance`: of a class whose module has not run there are no instances.
    """

    def __init__(self, module: DeferredModule, name: str) -> None:
        """Takes the module, and the name in it."""
        self._module = module
        self._name = name

    def _real(self) -> Any:
        load(self._module)
        return getattr(self._module, self._name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls it."""
        return self._real()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        """Returns an attribute of it."""
        if name in _PROBES:
            raise AttributeError(name)
        return getattr(self._real(), name)

    def __bool__(self) -> bool:
        """Returns its truth."""
        return bool(self._real())

    def __getitem__(self, key: Any) -> Any:
        """Returns an item of it, or its alias with a type argument."""
        return self._real()[key]

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        """Returns it as a base class."""
        return (self._real(),)

    def __instancecheck__(self, instance: object) -> bool:
        """Returns whether something is an instance of it."""
        return not is_deferred(self._module) and isinstance(instance, self._real())

    def __subclasscheck__(self, subclass: type) -> bool:
        """Returns whether something is a subclass of it."""
        return not is_deferred(self._module) and issubclass(subclass, self._real())

    def __or__(self, other: Any) -> Any:
        """Returns the union with another type, for annotations."""
        return typing.Union[self, other]  # noqa: UP007 no type itself, it lacks the operator

    def __ror__(self, other: Any) -> Any:
        """Returns the union with another type, for annotations."""
        return typing.Union[other, self]  # noqa: UP007 same
