-- Sessions at work, the lag of the worst physical replica, the age of the oldest transaction.
SELECT (SELECT count(*) FROM pg_stat_activity
        WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()),
       (SELECT max(coalesce(extract(epoch FROM r.replay_lag), 0)) FROM pg_stat_replication AS r
        WHERE NOT EXISTS (SELECT FROM pg_replication_slots AS s
                          WHERE s.active_pid = r.pid AND s.slot_type = 'logical')),
       (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start IS NOT NULL)
