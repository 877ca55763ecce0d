"""Somebody presses Pause on the Migration page: the copy rests, gives its workers away, and goes on when told to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from fixtures.airflow_services import AirflowServices
from system.browser import Browser, chromium
from system.migration_project import MigrationProject, require_success

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

ROWS = 120_000
CONTROL = "/database-migration/dags/pausing/control"


def tell(airflow: AirflowServices, told: dict[str, Any], *, user: str | None = "admin", **headers: str) -> int:
    """What a browser's request is answered with."""
    cookies = {"_token": airflow.token(user)} if user else {}
    with httpx.Client(base_url=airflow.url, cookies=cookies, timeout=60) as client:
        return client.post(CONTROL, json=told, headers=headers).status_code


def lane_states(airflow: AirflowServices, run: str) -> list[str | None]:
    return [
        task["state"] for task in airflow.task_instances("pausing", run) if task["task_id"] == "execute.chunked_copy"
    ]


@pytest.mark.browser
@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
def test_the_copy_pauses_and_goes_on_by_the_page_s_buttons(
    airflow: AirflowServices, project: MigrationProject, tmp_path: Path
) -> None:
    source, target = project.source("pausing"), project.target("pausing")
    source.execute("CREATE TABLE reading (id int PRIMARY KEY, place varchar(40), value decimal(12,4))")
    source.execute(f"INSERT INTO reading SELECT seq, concat('place ', seq MOD 977), seq / 7 FROM seq_1_to_{ROWS}")
    source.execute("CREATE TABLE brake (id int PRIMARY KEY)")
    source.execute("INSERT INTO brake VALUES (1)")
    spec = project.spec("pausing", strategy="offline", gates=[], tables={"exclude": ["brake"]})
    spec["steps"]["chunked_copy"] = {
        "lanes": 2,
        "chunk_rows": 5000,
        "max_rows_per_second": 6000,
        "throttle_query": {"sql": "SELECT count(*) FROM brake", "above": 0},
    }
    project.write(spec)
    airflow.wait_for_dag("pausing")
    airflow.unpause("pausing")
    run = airflow.trigger("pausing")

    with Browser(tmp_path, height=1300) as browser:
        text = "document.body.innerText"

        def press(opened: str, words: str) -> None:
            browser.evaluate(f"document.querySelector('#{opened} summary').click()")
            browser.evaluate(f"document.querySelector('#{opened}-why').value = {words!r}")
            browser.wait_for(f"!!document.querySelector('#{opened}[open]')")
            time.sleep(3)  # the page renews itself meanwhile, and keeps what was opened and typed
            browser.screenshot(tmp_path / f"{opened}_open.png")
            assert browser.evaluate(f"document.querySelector('#{opened}-why').value") == words
            browser.evaluate(f"document.querySelector('#{opened} button').click()")

        browser.log_in(airflow.url, airflow.token())
        browser.open(f"{airflow.url}/database-migration/dags/pausing/runs/{quote(run, safe='')}")
        browser.wait_for(f"{text}.includes('The copy waits for a calm moment')", 240)
        assert "throttle query gives 1, more than 0" in browser.evaluate(text)
        browser.screenshot(tmp_path / "waiting.png")
        source.execute("DELETE FROM brake")

        browser.wait_for(f"{text}.includes('Limited to 6,000 rows/s for all lanes together')", 60)
        browser.wait_for(f"{text}.includes(' left')", 60)
        browser.screenshot(tmp_path / "limited.png")
        for told, user, headers, answer in (
            ({"action": "pause"}, None, {}, 401),
            ({"action": "pause"}, "reader", {}, 403),
            ({"action": "pause"}, "admin", {"Sec-Fetch-Site": "cross-site"}, 403),
            ({"action": "pause"}, "admin", {"Content-Type": "text/plain"}, 415),
            ({"action": "pause", "sql": "DROP TABLE"}, "admin", {}, 422),
            ({"action": "limit"}, "admin", {}, 422),
        ):
            assert tell(airflow, told, user=user, **headers) == answer, (told, user, headers)

        press("pause", "the night's batch")
        browser.wait_for(f"{text}.includes('The copy is paused')", 60)
        browser.screenshot(tmp_path / "paused.png")
        assert "admin paused it at" in browser.evaluate(text)
        assert "the night's batch" in browser.evaluate(text)
        airflow.wait_until(lambda: set(lane_states(airflow, run)) == {"deferred"}, "deferred lanes", 60)
        browser.wait_for(f"{text}.includes('deferred')", 30)
        browser.screenshot(tmp_path / "paused_deferred.png")
        copied = target.execute("SELECT count(*) FROM app.reading")
        assert 0 < copied[0][0] < ROWS
        time.sleep(3)
        assert target.execute("SELECT count(*) FROM app.reading") == copied

        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        browser.screenshot(tmp_path / "paused_dark.png")
        browser.call("Emulation.setDeviceMetricsOverride", width=420, height=1300, deviceScaleFactor=1, mobile=False)
        browser.screenshot(tmp_path / "paused_dark_narrow.png")
        browser.call("Emulation.setDeviceMetricsOverride", width=1400, height=1300, deviceScaleFactor=1, mobile=False)
        browser.call("Emulation.setEmulatedMedia", features=[])

        assert tell(airflow, {"action": "limit", "rows_per_second": 500_000, "why": "nobody is awake"}) == 200
        browser.evaluate(
            "[...document.querySelectorAll('button')].find(b => b.innerText === 'Resume the copy').click()"
        )
        browser.wait_for(f"!{text}.includes('The copy is paused')", 60)
        require_success(airflow, "pausing", run, airflow.wait_for_run("pausing", run, 300)["state"])
        browser.wait_for(f"{text}.toUpperCase().includes('FINALIZED')", 30)
        browser.screenshot(tmp_path / "copied.png")
    assert target.execute("SELECT count(*), count(DISTINCT id), sum(value) FROM app.reading") == source.execute(
        "SELECT count(*), count(DISTINCT id), sum(value) FROM reading"
    )
    tries = {task["try_number"] for task in airflow.task_instances("pausing", run)}
    assert tries == {1}, "waiting costs no try"
    events = airflow.call("GET", "/eventLogs", params={"event": "control_migration", "limit": 10})["event_logs"]
    # Paused, limited and resumed, and two attempts that said nothing sensible.
    assert [event["owner"] for event in events] == ["admin"] * 5
