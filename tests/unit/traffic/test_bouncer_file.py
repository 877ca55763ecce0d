"""PgBouncer's configuration: exactly one line changes, and only in what leads elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from database_migration.errors import Refused, SpecRefused
from database_migration.traffic.bouncer_file import lead_to, require_writable, with_server

NEW = {"host": "db2.example", "port": "5433", "dbname": "shop two"}


def test_only_the_databases_line_changes_and_keeps_its_other_parts() -> None:
    before = (
        "; a comment\n[databases]\nother = host=a port=1 dbname=o\n"
        "\"shop\" = host=db1 port=5432 dbname=shop pool_size=7 connect_query='select ''a b'''\n"
        "[pgbouncer]\nshop = not a database\n"
    )
    after = with_server(before, "shop", NEW, subject="x")
    assert after == before.replace(
        "\"shop\" = host=db1 port=5432 dbname=shop pool_size=7 connect_query='select ''a b'''",
        "\"shop\" = host=db2.example port=5433 dbname='shop two' pool_size=7 connect_query='select ''a b'''",
    )


def test_an_included_file_needs_no_section_header() -> None:
    assert with_server("shop = host=a\r\n", "shop", NEW, subject="x").endswith("dbname='shop two'\r\n")


def test_a_line_that_is_missing_is_named() -> None:
    with pytest.raises(SpecRefused, match="no line for the database 'shop'"):
        with_server("[databases]\n[pgbouncer]\nshop = 1\n", "shop", NEW, subject="x")


def test_a_password_with_spaces_and_equal_signs_survives() -> None:
    line = "shop = host=a port=1 dbname=b password='x =y'' z' user=u\n"
    assert "password='x =y'' z' user=u" in with_server(line, "shop", NEW, subject="x")


def test_replacing_keeps_mode_and_symlink_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    real = tmp_path / "real.ini"
    real.write_text("shop = host=a port=1 dbname=b\n")
    real.chmod(0o640)
    link = tmp_path / "link.ini"
    link.symlink_to(real)
    assert lead_to(link, "shop", NEW) is True
    assert lead_to(link, "shop", NEW) is False
    assert link.is_symlink()
    assert oct(real.stat().st_mode & 0o777) == "0o640"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.ini", "real.ini"]


def test_a_file_that_is_not_there_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="%include"):
        lead_to(tmp_path / "none.ini", "shop", NEW)
    with pytest.raises(Refused, match="%include"):
        require_writable(tmp_path / "none.ini")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_closed_folder_is_refused_before_anything_is_held(tmp_path: Path) -> None:
    (tmp_path / "x.ini").write_text("shop = host=a\n")
    tmp_path.chmod(0o500)
    with pytest.raises(Refused, match="closed"):
        require_writable(tmp_path / "x.ini")
