"""The demo: a sample shop moves from MariaDB to PostgreSQL through a real Airflow while its application writes."""
