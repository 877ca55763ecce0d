"""Streams of rows out of the server and into it; ``rows`` chooses between them."""
