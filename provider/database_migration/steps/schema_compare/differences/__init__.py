"""The expected schema against the one that is there, object by object."""
