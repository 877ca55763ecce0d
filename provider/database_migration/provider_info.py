"""What Airflow's providers manager is told about this distribution."""

from __future__ import annotations

from typing import Any

from database_migration import __version__

DISTRIBUTION = "airflow-provider-database-migration"


def get_provider_info() -> dict[str, Any]:
    """Name, links and the one configuration option; connections are those of the MySQL and PostgreSQL providers."""
    return {
        "package-name": DISTRIBUTION,
        "name": "Database migration",
        "description": "Moves a live database between MySQL, MariaDB and PostgreSQL without stopping its application.",
        "versions": [__version__],
        "connection-types": [],
        "extra-links": ["database_migration.links.ReportLink"],
        "config": {
            "database_migration": {
                "description": "Defaults of the database migration provider.",
                "options": {
                    "reports": {
                        "description": "Where reports are filed: a folder, or the URL of an object store that Airflow "
                        "has a filesystem for. Tasks write it and the API server reads it. Empty: the folder "
                        "``database_migration_reports`` in AIRFLOW_HOME.",
                        "type": "string",
                        "version_added": "0.1.0",
                        "example": "s3://aws_default@bucket/migrations",
                        "default": "",
                    },
                },
            },
        },
    }


__all__ = ["DISTRIBUTION", "get_provider_info"]
