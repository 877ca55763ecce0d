"""``check``, ``render`` and ``schema`` tell by their exit code how it went."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from migration_dag_factory.__main__ import OK, REFUSED, USAGE, main

GOOD = "migration: shop\nsource: {conn_id: a}\ntarget: {conn_id: b}\n"


@pytest.fixture(autouse=True)
def _logging_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migration_dag_factory.__main__._quiet", lambda: None)


def test_check_passes_a_good_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.yaml").write_text(GOOD)
    assert main(["check", str(tmp_path)]) == OK
    assert "migration shop is well formed" in capsys.readouterr().out


def test_check_names_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.yaml").write_text(GOOD + "gatess: []\nstratgy: x\n")
    assert main(["check", str(tmp_path / "shop.yaml")]) == REFUSED
    told = capsys.readouterr().err
    assert "shop.yaml:4: unknown key 'gatess', did you mean 'gates'?" in told
    assert "shop.yaml:5: unknown key 'stratgy', did you mean 'strategy'?" in told


def test_check_says_when_there_is_no_such_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "nowhere.yaml")]) == USAGE
    assert "no such file" in capsys.readouterr().err


def test_render_draws_the_tree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.yaml").write_text(GOOD)
    assert main(["render", str(tmp_path / "shop.yaml")]) == OK
    drawn = capsys.readouterr().out
    for line in (
        "├─ chunked_copy  [ChunkedCopyOperator, one per lane]",
        "├─ apply_schema  [ApplySchemaOperator, stage tables]",
        "├─ apply_schema  [ApplySchemaOperator, stage keys]",
        "├─ catch_up  [ReplicateOperator, until caught_up]",
    ):
        assert line in drawn


def test_render_refuses_a_bad_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.yaml").write_text("migration: shop\n")
    assert main(["render", str(tmp_path / "shop.yaml")]) == REFUSED
    assert "key 'source' is missing" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_failure() -> None:
    """``schema | head`` closes the pipe before all is written."""
    process = subprocess.Popen(
        [sys.executable, "-m", "migration_dag_factory", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert b"BrokenPipe" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == OK


def test_schema_describes_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == OK
    schema = json.loads(capsys.readouterr().out)
    assert {"chunked_copy", "validate", "cutover"} <= set(schema["$defs"]["StepsSpec"]["properties"])
    assert schema["additionalProperties"] is False
