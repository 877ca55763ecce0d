"""What ours has to reach, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass

Section = dict[str, dict[str, float]]
"""Contender → its figures."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure of ours is at most this share of the yardstick's, or at most this much."""

    section: str
    contender: str
    at_most: float
    yardstick: str = ""
    """Another contender of the section; '' where ``at_most`` is no share."""
    figure: str = "seconds"
    from_rows: int = 0
    """Rows below which the bar does not count."""

    def judge(self, found: dict[str, Section], rows: dict[str, int]) -> dict[str, object]:
        """The bar in words, and ``met``: True, False, or None where it could not be told."""
        section = found.get(self.section, {})
        said = f"{self.section}: {self.contender}, {self.figure.replace('_', ' ')}"
        missing = [name for name in (self.contender, self.yardstick) if name and name not in section]
        if missing:
            return {"bar": f"{said}: no figures of {', '.join(missing)}", "met": None}
        value = section[self.contender][self.figure]
        if not self.yardstick:
            return {"bar": f"{said}: {value:g}, at most {self.at_most:g}", "met": value <= self.at_most}
        whole = section[self.yardstick][self.figure]
        share = value / whole if whole else 0.0
        said = f"{said}: {share:.2f} of {self.yardstick}'s, at most {self.at_most:.2f}"
        if share and self.at_most < 0.6 and self.figure == "seconds":
            said += f" ({1 / share:.1f} × as fast, at least {1 / self.at_most:.1f})"
        if rows.get(self.section, 0) < self.from_rows:
            return {"bar": f"{said}; counts from {self.from_rows:,} rows on", "met": None}
        return {"bar": said, "met": share <= self.at_most}


_MYSQL_POSTGRES, _POSTGRES_POSTGRES = "mysql → postgres", "postgres → postgres"
_POSTGRES_MYSQL, _MYSQL_MYSQL = "postgres → mysql", "mysql → mysql"
PIPE = "mariadb | psql, server-made text"
BINARY_PIPE = "psql | psql, binary"
LOAD_PIPE = "psql | mariadb, LOAD DATA"
DUMPER = "mydumper, myloader"
SMALL = "a thousand small tables, mysql → postgres"
MEMORY = "memory"
TEXT_MB, BINARY_MB = 64, 120

BARS = (
    Bar(_MYSQL_POSTGRES, "text, two lanes", 0.9, PIPE),
    Bar(_MYSQL_POSTGRES, "text, two lanes", 1 / 3.3, "pgloader"),
    Bar(_MYSQL_POSTGRES, "binary, one lane", 0.75, PIPE, from_rows=3_000_000),
    Bar(_MYSQL_POSTGRES, "binary, one lane", 2 / 3, PIPE, figure="target_cpu"),
    Bar(_POSTGRES_POSTGRES, "two lanes", 1.0, BINARY_PIPE),
    Bar(_POSTGRES_POSTGRES, "two lanes", 1 / 1.8, "pgcopydb"),
    Bar(_POSTGRES_MYSQL, "one lane", 1.0, LOAD_PIPE),
    Bar(_POSTGRES_MYSQL, "one lane", 1 / 4, "executemany"),
    Bar(_MYSQL_MYSQL, "two lanes", 1.05, DUMPER),
    Bar("narrow, mysql → postgres", "auto, two lanes", 1.0, PIPE),
    Bar("blobs, mysql → postgres", "auto, one lane", 1.0, PIPE),
    Bar(SMALL, "two lanes", 1.0, "a pipe for each table"),
    Bar(_MYSQL_POSTGRES, "text, one lane", TEXT_MB, figure="peak_mb"),
    Bar(_MYSQL_POSTGRES, "binary, one lane", BINARY_MB, figure="peak_mb"),
    Bar(MEMORY, "text, many rows", TEXT_MB, figure="peak_mb"),
    Bar(MEMORY, "binary, many rows", BINARY_MB, figure="peak_mb"),
    Bar(MEMORY, "text, many rows", 1.05, "text, few rows", figure="peak_mb"),
    Bar(MEMORY, "binary, many rows", 1.05, "binary, few rows", figure="peak_mb"),
)


def judge(found: dict[str, Section], rows: dict[str, int]) -> list[dict[str, object]]:
    """Every bar with its verdict, printed."""
    outcome = [bar.judge(found, rows) for bar in BARS]
    print("\nbars")
    for one in outcome:
        word = {True: "met   ", False: "MISSED", None: "  –   "}[one["met"]]  # type: ignore[index]
        print(f"  {word} {one['bar']}")
    return outcome


__all__ = [
    "BARS",
    "BINARY_PIPE",
    "DUMPER",
    "LOAD_PIPE",
    "MEMORY",
    "PIPE",
    "SMALL",
    "Bar",
    "Section",
    "judge",
]
