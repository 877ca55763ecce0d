-- Figures of this database and of the log that only grow.
SELECT d.xact_commit, d.xact_rollback, d.blks_read, d.blks_hit, d.tup_returned, d.tup_fetched,
       d.tup_inserted, d.tup_updated, d.tup_deleted, d.temp_bytes, d.deadlocks,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                            ELSE pg_current_wal_lsn() END, '0/0')::bigint AS wal_bytes
FROM pg_stat_database AS d
WHERE d.datname = current_database()
