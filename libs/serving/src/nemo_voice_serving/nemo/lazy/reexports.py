"""Packages whose `__init__` imports names only to pass them on: imported at their first use.

NeMo's packages, torchmetrics' and lightning's import everything that they hold, of which a service
needs a tenth.
"""

import ast
import importlib
from collections.abc import Iterable
from importlib.machinery import SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

from typing_extensions import override

Sources = dict[str, tuple[str, str]]
"""By the name in the package: the module that it comes from, and its name there."""


class ReexportingPackage(ModuleType):
    """A package whose passed-on names are imported at their first use."""

    _sources: Sources

    @override
    def __getattr__(self, name: str) -> Any:
        """Returns a name that is passed on, or a submodule that only another import would load."""
        sources: Sources = vars(self).get("_sources", {})
        if name == "__all__" and sources:  # for `import *`
            return [*(own for own in vars(self) if not own.startswith("_")), *sources]
        if source := sources.get(name):
            value = vars(self)[name] = _value_of(self.__name__, *source)
            sources.pop(name, None)
            return value
        if name in vars(self):  # by another thread, meanwhile
            return vars(self)[name]
        if not name.startswith("_") and sources:
            try:
                return importlib.import_module(f"{self.__name__}.{name}")
            except ModuleNotFoundError:
                pass
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    @override
    def __setattr__(self, name: str, value: Any) -> None:
        """Sets an attribute, but no submodule in the place of a name that is passed on.

        The import system sets each submodule; the package's own import would have replaced it.
        """
        source = vars(self).get("_sources", {}).get(name)
        own = f"{self.__name__}.{name}"
        is_submodule = isinstance(value, ModuleType) and value.__name__ == own
        if is_submodule and source is not None and source != (self.__name__, name):
            return
        super().__setattr__(name, value)

    @override
    def __dir__(self) -> Iterable[str]:
        return [*vars(self), *vars(self).get("_sources", ())]


class ReexportingLoader(SourceFileLoader):
    """Loads a package without the imports that only pass names on."""

    @override
    def create_module(self, spec: Any) -> ModuleType:
        return ReexportingPackage(spec.name)

    @override
    def exec_module(self, module: ModuleType) -> None:
        code, sources = without_reexports(self.get_data(self.path), self.path, module.__name__)
        vars(module)["_sources"] = sources
        exec(code, vars(module))  # noqa: S102 the package's own code, as the import system runs it


def without_reexports(source: bytes, path: str, package: str) -> tuple[CodeType, Sources]:
    """Returns a package's code without the imports of names that it does not use, and these names.

    Args:
        source: The text of its `__init__.py`.
        path: Where that is.
        package: The package's name.
    """
    tree = ast.parse(source, path)
    imports = [
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        and node.module != "__future__"
        and not any(name.name == "*" for name in node.names)
    ]
    used = {
        inner.id
        for node in tree.body
        if node not in imports
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name)
    }
    sources: Sources = {}
    for node in imports:
        module = _module_of(node, package)
        for name in node.names:
            if (name.asname or name.name) not in used:
                sources[name.asname or name.name] = (module, name.name)
        node.names = [name for name in node.names if (name.asname or name.name) in used]
    tree.body = [node for node in tree.body if node not in imports or node.names]
    return compile(tree, path, "exec"), sources


def _module_of(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def _value_of(package: str, module: str, name: str) -> Any:
    if module == package:
        return importlib.import_module(f"{module}.{name}")
    found = importlib.import_module(module)
    try:
        return getattr(found, name)
    except AttributeError:
        return importlib.import_module(f"{module}.{name}")
