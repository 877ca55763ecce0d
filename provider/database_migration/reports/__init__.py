"""Reports as people and machines read them: HTML with plots, Markdown, JSON, and where they are filed."""

from __future__ import annotations

from database_migration.reports.archive import ArchivePath, FiledReport, ReportArchive
from database_migration.reports.read_report import read_report
from database_migration.reports.render import render_html, render_json, render_markdown

__all__ = [
    "ArchivePath",
    "FiledReport",
    "ReportArchive",
    "read_report",
    "render_html",
    "render_json",
    "render_markdown",
]
