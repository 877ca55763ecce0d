"""Deferrable sensors: each asks once and then hands over to its trigger."""
