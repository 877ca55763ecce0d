"""Every spec in include/migrations as Airflow DAGs."""

from migration_dag_factory import load_migration_dags

load_migration_dags(globals())
