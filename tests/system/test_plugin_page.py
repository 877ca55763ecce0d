"""The Migration pages show what the ledger knows, to whom Airflow lets in, and nothing else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from fixtures.airflow_services import AirflowServices
from system.browser import Browser, chromium
from system.migration_project import MigrationProject

pytestmark = pytest.mark.system

PREFIX = "/database-migration"


def get(airflow: AirflowServices, path: str, *, user: str | None = "admin") -> httpx.Response:
    """A page, with the cookie that a browser would send."""
    cookies = {"_token": airflow.token(user)} if user else {}
    with httpx.Client(base_url=airflow.url, cookies=cookies, timeout=30) as client:
        return client.get(PREFIX + path)


def test_the_distribution_is_known_to_airflow(airflow: AirflowServices) -> None:
    assert "airflow-provider-database-migration" in airflow.airflow("providers", "list")
    assert "Moves a live database" in airflow.airflow(
        "providers", "get", "--full", "airflow-provider-database-migration"
    )
    assert "database_migration" in airflow.airflow("plugins")


def test_nothing_is_shown_without_a_login(airflow: AirflowServices, offline_run: str) -> None:
    run = f"/dags/offline/runs/{quote(offline_run, safe='')}"
    for path in ("/", "/dags/offline", run, run + "/live", run + "/reports/validate.html"):
        assert get(airflow, path, user=None).status_code == 401, path


def test_a_reader_sees_phase_progress_and_reports(airflow: AirflowServices, offline_run: str) -> None:
    listed = get(airflow, "/", user="reader")
    assert listed.status_code == 200
    assert "finalized" in listed.text
    page = get(airflow, f"/dags/offline/runs/{quote(offline_run, safe='')}", user="reader").text
    for expected in ("PlaylistTrack", "15\u202f607", "fence source", "validated", "reports/validate.html"):
        assert expected in page


def test_no_secret_is_on_the_page(airflow: AirflowServices, project: MigrationProject, offline_run: str) -> None:
    page = get(airflow, f"/dags/offline/runs/{quote(offline_run, safe='')}").text
    for name in ("offline",):
        for database in (project.source(name), project.target(name)):
            assert database.password not in page


def test_reports_are_served_and_nothing_beside_them(airflow: AirflowServices, offline_run: str) -> None:
    run = f"/dags/offline/runs/{quote(offline_run, safe='')}/reports"
    report = get(airflow, f"{run}/validate.html")
    assert report.status_code == 200
    assert "default-src 'none'" in report.headers["content-security-policy"]
    assert get(airflow, f"{run}/validate.json").json()["verdict"] == "passed"
    for path in ("..%2f..%2f..%2fsecret.html", "%2fetc%2fpasswd", "nothing.html", ".hidden.html", "validate.py"):
        assert get(airflow, f"{run}/{path}").status_code == 404, path
    assert get(airflow, "/dags/offline/runs/..%2f..%2f/reports/index.html").status_code == 404


def test_the_task_links_its_report(airflow: AirflowServices, offline_run: str) -> None:
    path = f"/dags/offline/dagRuns/{quote(offline_run)}/taskInstances/execute.validate/links"
    link = airflow.call("GET", path)["extra_links"]["Report"]
    assert get(airflow, link.removeprefix(PREFIX)).status_code == 200


def test_a_dag_that_is_no_migration_says_so(airflow: AirflowServices) -> None:
    assert "is not a migration" in get(airflow, "/dags/something_else").text


@pytest.mark.browser
@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
def test_the_tab_on_the_run_shows_the_page(airflow: AirflowServices, offline_run: str, tmp_path: Path) -> None:
    with Browser(tmp_path, height=1500) as browser:
        browser.log_in(airflow.url, airflow.token())
        browser.open(f"{airflow.url}/dags/offline/runs/{quote(offline_run, safe='')}/plugin/migration")
        inside = "document.querySelector('iframe')?.contentDocument?.body?.innerText"
        browser.wait_for(f"({inside} || '').includes('Rows copied')", 60)
        text = browser.evaluate(inside)
        assert "FINALIZED" in text.upper()
        assert "PlaylistTrack" in text
        # The page renews itself.
        first = browser.evaluate(f"{inside}.match(/Read at .*/)[0]")
        browser.wait_for(f"{inside}.match(/Read at .*/)[0] !== {first!r}", 30)
        assert browser.screenshot(tmp_path / "migration.png").stat().st_size > 20_000
