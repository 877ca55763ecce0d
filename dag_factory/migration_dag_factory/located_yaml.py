"""YAML that remembers where each key stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from migration_dag_factory.errors import SpecFilesRefused, SpecProblem

Place = tuple[Path, int]
Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Located:
    """A mapping read from YAML, with file and line of each of its keys (and items) at any depth."""

    value: Mapping[str, Any]
    places: Mapping[Location, Place] = field(default_factory=dict)

    def place(self, location: Location) -> Place:
        """Where the key at a location stands, or the nearest key above it.

        Parts that are not keys (a union's tag in pydantic's locations) are passed over.
        """
        found: Location = ()
        for part in location:
            if (*found, part) in self.places:
                found = (*found, part)
        return self.places[found]

    def keys_of(self, location: Location, kind: str) -> Location:
        """The location without what is no key of the file (a union's tag), but for a key that is missing or unknown."""
        known: Location = ()
        for part in location:
            if (*known, part) in self.places:
                known = (*known, part)
        names_a_key = kind in ("missing", "extra_forbidden") and known[-1:] != location[-1:]
        return (*known, location[-1]) if names_a_key else known

    def over(self, below: Located) -> Located:
        """Both merged: mappings key by key, anything else as it is said here."""
        value = _merged(self.value, below.value)
        places = {location: place for location, place in below.places.items() if _holds(value, location)}
        return Located(value, places | dict(self.places))


def read_located(path: Path) -> Located:
    """The mapping in a YAML file.

    :raises SpecFilesRefused: it cannot be read, is no mapping, or says a key twice; every such place is told.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecFilesRefused([SpecProblem(path, 1, f"cannot be read as UTF-8 text: {error}")]) from None
    loader = yaml.SafeLoader(text)
    try:
        return _Reader(path, loader).read(loader.get_single_node())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        raise SpecFilesRefused([SpecProblem(path, mark.line + 1 if mark else 1, f"is not YAML: {said}")]) from None
    except yaml.YAMLError as error:
        raise SpecFilesRefused([SpecProblem(path, 1, f"is not YAML: {error}")]) from None
    finally:
        loader.dispose()


class _Reader:
    """Turns nodes into values and collects what is wrong with them."""

    def __init__(self, path: Path, loader: yaml.SafeLoader) -> None:
        self._path = path
        self._loader = loader
        self._places: dict[Location, Place] = {(): (path, 1)}
        self._problems: list[SpecProblem] = []

    def read(self, root: yaml.Node | None) -> Located:
        value = {} if root is None else self._value(root, (), ())
        if not isinstance(value, dict):
            self._problems.append(SpecProblem(self._path, 1, "has to be a mapping of keys to values"))
        if self._problems:
            raise SpecFilesRefused(self._problems)
        return Located(value, self._places)

    def _value(self, node: yaml.Node, at: Location, above: tuple[int, ...]) -> Any:
        if id(node) in above:
            self._complain(node, "refers to itself")
            return None
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at, above)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for number, item in enumerate(node.value):
                self._places[(*at, number)] = (self._path, item.start_mark.line + 1)
                items.append(self._value(item, (*at, number), above))
            return items
        return self._loader.construct_object(node, deep=True)

    def _mapping(self, node: yaml.MappingNode, at: Location, above: tuple[int, ...]) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in mapping:
                first = self._places[(*at, key)][1]
                self._complain(key_node, f"key {key!r} is said twice, first in line {first}")
                continue
            self._places[(*at, key)] = (self._path, key_node.start_mark.line + 1)
            mapping[key] = self._value(value_node, (*at, key), above)
        return mapping

    def _key(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode):
            if node.tag != "tag:yaml.org,2002:str":
                read = self._loader.construct_object(node)
                if node.tag != "tag:yaml.org,2002:merge":
                    self._complain(node, f"key {node.value} is read by YAML as {read!r}: put it in quotes")
            return str(node.value)
        self._complain(node, "a key has to be a word")
        return str(node.start_mark.line)

    def _complain(self, node: yaml.Node, message: str) -> None:
        self._problems.append(SpecProblem(self._path, node.start_mark.line + 1, message))


def _merged(above: Mapping[str, Any], below: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        inherited = merged.get(key)
        if isinstance(value, Mapping) and isinstance(inherited, Mapping):
            value = _merged(value, inherited)
        merged[key] = value
    return merged


def _holds(value: Any, location: Location) -> bool:
    for part in location:
        in_mapping = isinstance(value, Mapping) and part in value
        in_list = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if not (in_mapping or in_list):
            return False
        value = value[part]
    return True


__all__ = ["Located", "Location", "Place", "read_located"]
