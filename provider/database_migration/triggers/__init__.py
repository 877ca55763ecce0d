"""What waits in Airflow's triggerer; each asks one question again and again."""
