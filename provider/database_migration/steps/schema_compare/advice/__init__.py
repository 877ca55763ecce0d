"""Indexes that are one too many, or missing."""
