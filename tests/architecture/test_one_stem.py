"""One stem names a step everywhere: folder, function, options, operator, example DAG and spec key."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

import database_migration.steps as steps

ROOT = Path(__file__).parents[2]
STEMS = sorted(module.name for module in pkgutil.iter_modules(steps.__path__) if module.ispkg)


def camel(stem: str) -> str:
    return "".join(word.capitalize() for word in stem.split("_"))


def test_the_steps_are_those_of_the_design() -> None:
    assert STEMS == [
        "apply_schema",
        "chunked_copy",
        "cutover",
        "dual_read",
        "finalize",
        "plan",
        "preflight",
        "rehearse",
        "replicate",
        "rollback",
        "schema_compare",
        "translate_queries",
        "validate",
    ]


@pytest.mark.parametrize("stem", STEMS)
def test_a_step_has_options_that_forbid_unknown_keys(stem: str) -> None:
    options = getattr(importlib.import_module(f"database_migration.steps.{stem}"), f"{camel(stem)}Options")
    assert options.model_config["extra"] == "forbid"
    undescribed = [name for name, field in options.model_fields.items() if not field.description]
    assert undescribed == []


@pytest.mark.parametrize("stem", STEMS)
def test_a_step_has_an_operator(stem: str) -> None:
    module = importlib.import_module(f"database_migration.operators.{stem}")
    operator = getattr(module, f"{camel(stem)}Operator")
    assert f"{camel(stem)}Operator" in module.__all__
    assert ":param" in operator.__doc__


@pytest.mark.parametrize("stem", STEMS)
def test_a_step_has_an_example_dag(stem: str) -> None:
    example = ROOT / "dags" / f"example_{stem}.py"
    assert f"{camel(stem)}Operator" in example.read_text(encoding="utf-8")


@pytest.mark.parametrize("stem", STEMS)
def test_a_step_is_a_key_of_the_spec(stem: str) -> None:
    from migration_dag_factory import MigrationSpec

    schema = MigrationSpec.model_json_schema()
    steps_of_spec = schema["$defs"]["StepsSpec"]["properties"]
    # preflight … finalize: each has its options in the spec under its own stem
    assert stem in steps_of_spec
