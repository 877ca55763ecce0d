-- What preflight asks of the server, one row.
SELECT current_setting('wal_level'),
       current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots)::int,
       current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication)::int,
       current_setting('max_slot_wal_keep_size'),
       current_setting('server_encoding'),
       pg_is_in_recovery(),
       r.rolsuper,
       r.rolreplication OR EXISTS (SELECT FROM pg_roles AS m
                                   WHERE m.rolname IN ('rds_replication', 'azure_pg_admin', 'cloudsqlsuperuser')
                                     AND pg_has_role(m.oid, 'USAGE')),
       has_database_privilege(current_database(), 'CREATE'),
       r.rolname::text,
       current_database()::text,
       (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database())::int,
       current_setting('transaction_read_only'),
       current_setting('server_version_num')::int,
       (SELECT count(*) FROM pg_replication_slots
        WHERE slot_type = 'logical' AND NOT active AND coalesce(wal_status, '') IN ('extended', 'unreserved'))::int,
       coalesce(current_setting('idle_replication_slot_timeout', true), '0'),
       pg_has_role('pg_read_all_stats', 'USAGE')
FROM pg_roles AS r
WHERE r.rolname = current_user
