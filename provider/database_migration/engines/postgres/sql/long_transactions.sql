-- Open transactions of other sessions, the oldest first; never with their statement, which may hold secrets.
-- Those of other databases count where they hold a transaction number: a slot's creation waits for them too.
SELECT a.pid,
       coalesce(a.usename::text, '?'),
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8
FROM pg_stat_activity AS a
WHERE a.backend_type = 'client backend'
  AND a.pid <> pg_backend_pid()
  AND (a.datname = current_database() OR a.backend_xid IS NOT NULL)
  AND clock_timestamp() - a.xact_start > make_interval(secs => %s)
ORDER BY a.xact_start
