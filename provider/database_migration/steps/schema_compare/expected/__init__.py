"""The schema that the target is to have: from the source's, the spec and the values in it."""
