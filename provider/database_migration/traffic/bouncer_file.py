"""The line of PgBouncer's configuration that says where a database leads to."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from database_migration.errors import Refused, SpecRefused

_PART = re.compile(r"(\w+)\s*=\s*('(?:[^']|'')*'|[^\s']+)")

_MAY_WRITE = (
    "give the worker write access to the file and its folder (best: move the [databases] section into a file of its"
    " own and %include it), then clear the task."
)


def lead_to(path: Path, database: str, server: Mapping[str, str]) -> bool:
    """Rewrite the database's line to lead to a server, in one atomic step; whether anything changed.

    ``server`` holds ``host``, ``port`` and ``dbname``; other parts of the line stay. A file without any
    section header (one that is included under ``[databases]``) is taken as that section.

    :raises SpecRefused: the file has no line for the database.
    :raises Refused: the file cannot be read or replaced.
    """
    try:
        before = path.read_text(encoding="utf-8")
        after = with_server(before, database, server, subject=str(path))
        if after == before:
            return False
        _replace(path, after)
    except OSError as error:
        raise Refused(
            f"PgBouncer's configuration cannot be rewritten: {error}.",
            mend=_MAY_WRITE,
            subject=str(path),
        ) from error
    return True


def require_writable(path: Path) -> None:
    """Raise Refused unless the file can be replaced."""
    folder = path.resolve().parent
    if not os.access(path, os.R_OK) or not os.access(folder, os.W_OK):
        raise Refused(
            f"PgBouncer's configuration cannot be rewritten: no {path}, or {folder} is closed to this user.",
            mend=_MAY_WRITE,
            subject=str(path),
        )


def with_server(text: str, database: str, server: Mapping[str, str], *, subject: str) -> str:
    """The configuration text with the database's line leading to the server."""
    lines = text.splitlines(keepends=True)
    has_sections = any(line.lstrip().startswith("[") for line in lines)
    section = "" if has_sections else "databases"
    for number, line in enumerate(lines):
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped.strip("[]").strip().lower()
        name, equals, rest = stripped.partition("=")
        if section == "databases" and equals and _unquoted(name.strip()) == database:
            end = line[len(line.rstrip("\r\n")) :]
            lines[number] = f"{name.strip()} = {_rewritten(rest, server)}{end}"
            return "".join(lines)
    raise SpecRefused(
        f"there is no line for the database {database!r} under [databases].",
        mend=f"add `{database} = host=… port=… dbname=…` there, or name the file that holds it in `config_file`.",
        subject=subject,
    )


def _rewritten(rest: str, server: Mapping[str, str]) -> str:
    parts = dict(_PART.findall(rest))
    parts.update({name: _quoted(value) for name, value in server.items()})
    return " ".join(f"{name}={value}" for name, value in parts.items())


def _unquoted(name: str) -> str:
    if len(name) >= 2 and name[0] == name[-1] == '"':
        return name[1:-1].replace('""', '"')
    return name


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"[\w.:/-]+", value) else "'" + value.replace("'", "''") + "'"


def _replace(path: Path, text: str) -> None:
    real = path.resolve()  # a symlink stays one
    status = real.stat()
    handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), status.st_mode)
            if os.geteuid() == 0:
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
            os.fsync(file.fileno())
        temporary.replace(real)
    finally:
        temporary.unlink(missing_ok=True)


__all__ = ["lead_to", "require_writable", "with_server"]
