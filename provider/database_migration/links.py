"""Links from Airflow's pages to ours."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from airflow.sdk import BaseOperatorLink, conf

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

#: Where the plugin's pages are, below Airflow's own address.
URL_PREFIX = "/database-migration"


def page_path(dag_id: str, run_id: str | None = None) -> str:
    """Path of a migration's page, or of one of its runs."""
    path = f"{URL_PREFIX}/dags/{quote(dag_id, safe='')}"
    return f"{path}/runs/{quote(run_id, safe='')}" if run_id else path


def report_path(dag_id: str, run_id: str, name: str) -> str:
    """Path of a filed report as HTML; ``name`` is the one it was filed under."""
    return f"{page_path(dag_id, run_id)}/reports/{quote(name, safe='')}.html"


def below_base_url(path: str) -> str:
    """The path as the browser needs it where Airflow itself is served below a path."""
    base: str = conf.get("api", "base_url", fallback="") or ""
    return urlsplit(base).path.rstrip("/") + path


class ReportLink(BaseOperatorLink):
    """Opens the report that the task filed, behind Airflow's login."""

    name = "Report"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """The report's page; empty when the task filed none."""
        filed = getattr(operator, "filed_under", None)
        if filed is None:
            return ""
        run_id, name = filed
        return below_base_url(report_path(ti_key.dag_id, run_id, name))


__all__ = ["URL_PREFIX", "ReportLink", "below_base_url", "page_path", "report_path"]
