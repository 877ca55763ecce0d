"""Frozen values of a migration; nothing here touches a file, a socket or a database."""
