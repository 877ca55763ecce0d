"""The copy through object storage, for two networks that do not meet: unload lanes there, load lanes here.

A chunk is one Parquet file and one small manifest, written in this order; the ledger on the target stays the only
record of what is loaded. The two lanes are in ``unload_lane`` and
``load_lane``, apart from what every lane imports: they alone need pyarrow.
"""
