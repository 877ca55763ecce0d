"""Where reports are kept: ``<root>/<migration>/<run>/<name>.{html,md,json}``, and an index per run.

The root is any path-like object, so that a bucket serves as well as a folder. Names come from specs, run
ids and catalogs, so each becomes one harmless path component before it is joined.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from database_migration.errors import Interrupted, Refused
from database_migration.model.report import Report
from database_migration.reports.read_report import read_report
from database_migration.reports.render import render_html, render_index, render_json, render_markdown

_UNSAFE = re.compile(r"[^A-Za-z0-9._=-]")
_LONGEST_NAME = 120  # characters; file systems stop at 255 octets, and suffixes follow
_INDEX = "index.html"
_TRIES_FOR_THE_INDEX = 3


class ArchivePath(Protocol):
    """What is asked of a path: pathlib's words, which object-storage paths speak too."""

    @property
    def name(self) -> str: ...
    def __truediv__(self, part: str, /) -> Self: ...
    def mkdir(self, *, parents: bool, exist_ok: bool) -> None: ...
    def write_text(self, data: str, /, encoding: str) -> object: ...
    def write_bytes(self, data: bytes, /) -> object: ...
    def read_text(self, /, encoding: str) -> str: ...
    def read_bytes(self) -> bytes: ...
    def exists(self) -> bool: ...
    def iterdir(self) -> Iterator[Self]: ...


@dataclass(frozen=True, slots=True)
class FiledReport:
    """Where a report's three forms lie."""

    stem: str
    html: str
    json: str
    markdown: str
    scripts: tuple[str, ...] = ()


class ReportArchive:
    """Files reports under one root; filing again replaces, and never leaves half a file where it can help."""

    def __init__(self, root: ArchivePath) -> None:
        self.root = root

    def folder(self, migration: str, run_id: str) -> ArchivePath:
        """Where a run's reports lie; it need not exist yet."""
        return self.root / component(migration) / component(run_id)

    def file(self, report: Report, *, name: str | None = None) -> FiledReport:
        """Write the report in its three forms, its named scripts and files and the run's index.

        ``name`` tells apart two reports of one stem in one run (``apply_schema.keys``). Raises Interrupted
        when the storage fails.
        """
        name = component(name or report.stem)
        folder = self.folder(report.migration, report.run_id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            html, markdown, json = (folder / f"{name}{suffix}" for suffix in (".html", ".md", ".json"))
            scripts = []
            for script in report.scripts:
                if script.filename:
                    path = folder / script_name(script.filename, beside=name)
                    _write(path, script.text)
                    scripts.append(str(path))
            for file in report.files:
                if file.content is not None:
                    (folder / component(file.filename)).write_bytes(file.content)
            _write(html, render_html(report, name=name))
            _write(markdown, render_markdown(report, name=name))
            _write(json, render_json(report))  # last: the index lists what has a JSON form
            self._write_index(folder, report)
        except OSError as error:
            raise Interrupted(
                f"The report could not be written to {folder}: {error}.",
                mend="Free space or mend the permissions there, then clear the task; the step files it again.",
                subject=report.stem,
            ) from error
        return FiledReport(report.stem, str(html), str(json), str(markdown), tuple(scripts))

    def read(self, migration: str, run_id: str, name: str) -> Report | None:
        """A report that was filed under this name (its stem, where no other was given), or None."""
        path = self.folder(migration, run_id) / f"{component(name)}.json"
        try:
            return read_report(path.read_text(encoding="utf-8"), subject=str(path)) if path.exists() else None
        except OSError as error:
            raise Interrupted(
                f"The report could not be read: {error}.",
                mend="Check that the report archive is reachable, then clear the task.",
                subject=str(path),
            ) from error

    def reports(self, migration: str, run_id: str) -> list[tuple[str, Report]]:
        """Every report of a run with the name that it is filed under, oldest first."""
        folder = self.folder(migration, run_id)
        return _reports_in(folder) if folder.exists() else []

    def _write_index(self, folder: ArchivePath, report: Report) -> None:
        for _ in range(_TRIES_FOR_THE_INDEX):
            entries = _reports_in(folder)
            _write(folder / _INDEX, render_index(report.migration, report.run_id, entries))
            # Tasks file side by side: one that listed earlier may have written later.
            if len(_reports_in(folder)) == len(entries):
                return


def component(name: str) -> str:
    """The name as one path component: letters, digits and ``._=-``, never empty, hidden or a parent.

    Names that are changed beyond the ``:`` and ``+`` of a time get a digest, so that no two meet.
    """
    safe = _UNSAFE.sub("_", name)
    if safe.startswith("."):
        safe = f"_{safe}"
    if re.sub(r"[:+]", "_", name) != safe or len(safe) > _LONGEST_NAME or not safe:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return f"{safe[:_LONGEST_NAME]}-{digest}"
    return safe


def script_name(filename: str, *, beside: str) -> str:
    """The file name for a script, which cannot be that of a report's own files or of the index."""
    name = component(filename)
    taken = {_INDEX, *(f"{beside}{suffix}" for suffix in (".html", ".md", ".json"))}
    return f"script_{name}" if name in taken or name.endswith(".json") else name


def _reports_in(folder: ArchivePath) -> list[tuple[str, Report]]:
    found = []
    for path in folder.iterdir():
        if not path.name.endswith(".json") or path.name.startswith((".", "script_")):
            continue
        try:
            found.append((path.name.removesuffix(".json"), read_report(path.read_text(encoding="utf-8"))))
        except (FileNotFoundError, Refused):
            continue  # replaced or written by another release at this moment; its files stay where they are
    return sorted(found, key=lambda entry: (entry[1].created_at, entry[0]))


def _write(path: ArchivePath, text: str) -> None:
    """Write UTF-8; through a temporary file where the path can be renamed, so that readers see whole files."""
    # Catalog text may hold lone surrogates (undecodable octets): shown as \\udcXX rather than refused.
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(path, Path):
        temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
        try:
            temporary.write_text(text, encoding="utf-8", newline="")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    else:
        path.write_text(text, encoding="utf-8")


__all__ = ["ArchivePath", "FiledReport", "ReportArchive", "component", "script_name"]
