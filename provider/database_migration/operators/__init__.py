"""One thin operator per step; import them from their modules."""
