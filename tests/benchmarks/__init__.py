"""Measured by hand (``make bench``): how fast rows are copied, changes applied, checksums compared."""
