"""The copy through object storage, for two networks that do not meet: unload lanes there, load lanes here.

A chunk is one Parquet file and one small manifest, written in this order; the ledger on the target stays the only
record of what is loaded. The package's functions are exported by ``chunked_copy``.
"""
