"""Another engine's tables as this engine would hold them and report them back; ``ddl`` asks."""
