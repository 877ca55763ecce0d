"""The shop's application: it writes and reads through the switchable endpoint for as long as it lives.

It remembers every transaction that was acknowledged, reads back what it wrote, and follows the endpoint's row from
one database to the other. What it measures is what a user of the shop would feel: errors, pauses, latencies.
"""
