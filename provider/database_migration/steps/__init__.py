"""The migration itself, free of Airflow: one folder per step, each with its options and one function.

``steps.<stem>.<stem>(run, options)`` does the work and returns a Report; ``run`` is a ``MigrationRun``.
"""
