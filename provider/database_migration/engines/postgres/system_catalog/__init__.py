"""What the server's catalog says, row by row, in neutral words; ``catalog`` asks."""
