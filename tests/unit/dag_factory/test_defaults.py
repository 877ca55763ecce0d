"""Defaults are inherited from the folders above; the nearest wins, key by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_dag_factory import SpecFilesRefused, read_folder, read_spec

SPEC = "migration: shop\nsource: {conn_id: a}\ntarget: {conn_id: b}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "team" / "shop").mkdir(parents=True)
    (tmp_path / "defaults.yaml").write_text(
        "strategy: offline\ngates: [plan]\nsteps: {chunked_copy: {lanes: 8, chunk_rows: 1000}}\n"
    )
    (tmp_path / "team" / "defaults.yaml").write_text("steps: {chunked_copy: {lanes: 2}}\n")
    (tmp_path / "team" / "shop" / "shop.yaml").write_text(SPEC + "gates: [cutover]\n")
    return tmp_path


def test_the_nearest_folder_wins_and_lists_are_replaced(root: Path) -> None:
    spec = read_spec(root / "team" / "shop" / "shop.yaml", root).spec
    assert (spec.steps.chunked_copy.lanes, spec.steps.chunked_copy.chunk_rows) == (2, 1000)
    assert spec.strategy.kind == "offline"
    assert (spec.gates.plan, spec.gates.cutover is not None) == (None, True)


def test_folders_above_the_root_are_not_asked(root: Path) -> None:
    spec = read_spec(root / "team" / "shop" / "shop.yaml", root / "team").spec
    assert spec.strategy.kind == "online"


def test_a_problem_in_the_defaults_is_told_once_and_there(root: Path) -> None:
    (root / "team" / "shop" / "second.yaml").write_text(SPEC.replace("shop", "second"))
    (root / "team" / "defaults.yaml").write_text("steps:\n  chunked_copy:\n    lames: 2\n")
    found = read_folder(root)
    assert found.specs == ()
    assert list(found.refused) == [root / "team" / "defaults.yaml"]
    (problem,) = found.refused[root / "team" / "defaults.yaml"].problems
    assert (problem.line, problem.message) == (
        3,
        "unknown key 'lames' in steps.chunked_copy, did you mean 'lanes'?",
    )


def test_a_name_belongs_into_the_spec(root: Path) -> None:
    (root / "defaults.yaml").write_text("migration: everyone\n")
    with pytest.raises(SpecFilesRefused, match="belongs into each spec"):
        read_spec(root / "team" / "shop" / "shop.yaml", root)
