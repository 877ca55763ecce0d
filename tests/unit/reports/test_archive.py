"""Where reports are filed: one folder per run, whatever names the run and the scripts have."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from database_migration.errors import Interrupted
from database_migration.model.report import Report, ReportScript, Verdict
from database_migration.reports import ReportArchive
from database_migration.reports.archive import component

REPORT = Report(
    "plan",
    "Execution plan",
    Verdict.PASSED,
    "shop",
    "manual__2026-11-22T17:31:47+00:00",
    datetime(2026, 11, 22, tzinfo=UTC),
)


def files_under(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_a_report_is_filed_in_three_forms_with_its_scripts_and_an_index(tmp_path: Path) -> None:
    script = ReportScript("Tables", "CREATE TABLE é ();", "V1__tables.sql")
    filed = ReportArchive(tmp_path).file(replace(REPORT, scripts=(script,)))
    folder = "shop/manual__2026-11-22T17_31_47_00_00"
    assert files_under(tmp_path) == {
        f"{folder}/{name}" for name in ("plan.html", "plan.md", "plan.json", "V1__tables.sql", "index.html")
    }
    assert Path(filed.scripts[0]).read_text(encoding="utf-8") == "CREATE TABLE é ();"
    assert Path(filed.html).parent == Path(filed.json).parent == Path(filed.markdown).parent


def test_the_index_links_every_report_of_the_run(tmp_path: Path) -> None:
    archive = ReportArchive(tmp_path)
    archive.file(REPORT)
    archive.file(replace(REPORT, stem="validate"))
    archive.file(replace(REPORT, stem="validate"), name="validate.final")
    archive.file(replace(REPORT, run_id="another"))
    index = (archive.folder(REPORT.migration, REPORT.run_id) / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+\.html)"', index)
    assert sorted(links) == ["plan.html", "validate.final.html", "validate.html"]


def test_filing_again_replaces(tmp_path: Path) -> None:
    archive = ReportArchive(tmp_path)
    archive.file(REPORT)
    archive.file(replace(REPORT, verdict=Verdict.WARNED))
    assert [(name, report.verdict) for name, report in archive.reports("shop", REPORT.run_id)] == [
        ("plan", Verdict.WARNED)
    ]
    read = archive.read("shop", REPORT.run_id, "plan")
    assert read is not None
    assert read.verdict is Verdict.WARNED


def test_what_was_never_filed_reads_as_none(tmp_path: Path) -> None:
    archive = ReportArchive(tmp_path)
    assert archive.read("shop", "x", "plan") is None
    assert archive.reports("shop", "x") == []


HOSTILE = ["..", "../../etc", "/etc/passwd", "", ".hidden", "a/b", "a\\b", "a\0b", "x" * 500, "\udcff", "con:\n"]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leaves_the_archive(tmp_path: Path, name: str) -> None:
    root = tmp_path / "archive"
    script = ReportScript("x", "x", name or "..")
    report = replace(REPORT, migration=name, run_id=name, stem="plan", scripts=(script,))
    ReportArchive(root).file(report, name=name or None)
    assert all(len(PurePosixPath(file).parts) == 3 for file in files_under(root))
    assert files_under(tmp_path) == {f"archive/{file}" for file in files_under(root)}


def test_different_names_stay_apart() -> None:
    names = [*HOSTILE, "a_b", "_.hidden", "a:b", "A b"]
    assert len({component(name) for name in names if name != "a:b"}) == len(names) - 1


@pytest.mark.parametrize("filename", ["plan.html", "plan.json", "index.html", "plan.md"])
def test_a_script_never_replaces_a_report(tmp_path: Path, filename: str) -> None:
    filed = ReportArchive(tmp_path).file(replace(REPORT, scripts=(ReportScript("x", "mine", filename),)))
    assert Path(filed.scripts[0]).read_text() == "mine"
    assert "mine" not in (Path(filed.html).parent / "index.html").read_text()
    assert Path(filed.scripts[0]).name == f"script_{filename}"


def test_a_folder_that_cannot_be_written_interrupts(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file where the folder should be")
    with pytest.raises(Interrupted, match=r"plan: .*could not be written.*What to do"):
        ReportArchive(tmp_path).file(REPORT)


def test_no_temporary_file_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Interrupted, match="No space left"):
        ReportArchive(tmp_path).file(REPORT)
    assert files_under(tmp_path) == set()


def test_an_object_storage_path_serves_as_root(tmp_path: Path) -> None:
    upath = pytest.importorskip("upath")
    archive = ReportArchive(upath.UPath(f"memory://{tmp_path.name}"))
    filed = archive.file(REPORT)
    assert filed.html.endswith("plan.html")
    archive.file(replace(REPORT, stem="validate"))
    assert [name for name, _ in archive.reports("shop", REPORT.run_id)] == ["plan", "validate"]
