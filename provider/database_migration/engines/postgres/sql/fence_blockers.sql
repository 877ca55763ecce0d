-- Sessions other than ours whose open transaction has written to these tables.
SELECT DISTINCT a.pid, coalesce(a.state, ''), coalesce(a.usename::text, ''),
       coalesce(a.state LIKE 'idle in transaction%%' AND clock_timestamp() - a.state_change > interval '1 second', false)
FROM pg_locks AS l
JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation'
  AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation = ANY (%s::oid[])
  AND l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                 'ExclusiveLock', 'AccessExclusiveLock')
  AND l.pid <> pg_backend_pid()
