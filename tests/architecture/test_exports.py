"""Every public name is in ``__all__``, exists, and is described in a sentence of its own."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

import database_migration
import migration_dag_factory


def _modules() -> list[str]:
    names = []
    for package in (database_migration, migration_dag_factory):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(part.startswith("_") for part in module.name.split(".")):
                names.append(module.name)
    return names


@pytest.mark.parametrize("name", _modules())
def test_exported_names_exist_and_are_described(name: str) -> None:
    module: ModuleType = importlib.import_module(name)
    assert module.__doc__, f"{name} does not say what it is for"
    for exported in getattr(module, "__all__", ()):
        value = getattr(module, exported)
        if inspect.isclass(value) or inspect.isfunction(value):
            text = inspect.getdoc(value) or ""
            assert text.strip(), f"{name}.{exported} has no docstring"
            assert text.split("\n")[0].strip(". ").lower() != exported.lower()
