"""The way back from a report's JSON form to the value."""

from __future__ import annotations

import json
from datetime import datetime

from database_migration.errors import Refused
from database_migration.model.report import (
    Finding,
    PlotMark,
    Report,
    ReportFile,
    ReportPlot,
    ReportScript,
    ReportTable,
    Severity,
    Verdict,
)

READABLE_VERSIONS = (1,)


def read_report(text: str, *, subject: str = "report") -> Report:
    """The report that ``render_json`` wrote; Refused when it is not one, or of a version not known here."""
    try:
        document = json.loads(text)
        if document["schema_version"] not in READABLE_VERSIONS:
            raise Refused(
                f"Its schema_version is {document['schema_version']}, and this release reads "
                f"{', '.join(map(str, READABLE_VERSIONS))}.",
                mend="Install the release that wrote the report, or run the step again.",
                subject=subject,
            )
        return Report(
            stem=document["stem"],
            title=document["title"],
            verdict=Verdict(document["verdict"]),
            migration=document["migration"],
            run_id=document["run_id"],
            created_at=datetime.fromisoformat(document["created_at"]),
            summary=document["summary"],
            findings=tuple(
                Finding(Severity(item["severity"]), *(item[key] for key in ("code", "subject", "message", "mend")))
                for item in document["findings"]
            ),
            tables=tuple(
                ReportTable(item["title"], tuple(item["headings"]), tuple(map(tuple, item["rows"])), item["note"])
                for item in document["tables"]
            ),
            scripts=tuple(ReportScript(**item) for item in document["scripts"]),
            plots=tuple(
                ReportPlot(
                    title=item["title"],
                    kind=item["kind"],
                    x=tuple(item["x"]),
                    series={name: tuple(values) for name, values in item["series"].items()},
                    x_label=item["x_label"],
                    y_label=item["y_label"],
                    marks=tuple(PlotMark(**mark) for mark in item.get("marks", ())),
                )
                for item in document["plots"]
            ),
            data=document["data"],
            files=tuple(ReportFile(item["filename"], None, item["title"]) for item in document.get("files", ())),
            schema_version=document["schema_version"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(
            f"It is not a report in JSON form ({type(error).__name__}: {error}).",
            mend="Run the step again; it writes the report anew.",
            subject=subject,
        ) from error


__all__ = ["READABLE_VERSIONS", "read_report"]
