-- Clock, zone and connections, one row.
SELECT clock_timestamp(),
       z.reset_val,
       extract(epoch FROM (now() AT TIME ZONE z.reset_val) - (now() AT TIME ZONE 'UTC'))::int,
       least(
           current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
               - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
           (SELECT CASE WHEN d.datconnlimit < 0 THEN NULL
                        ELSE d.datconnlimit - (SELECT count(*) FROM pg_stat_activity AS a WHERE a.datid = d.oid) END
            FROM pg_database AS d WHERE d.datname = current_database()),
           (SELECT CASE WHEN r.rolconnlimit < 0 THEN NULL
                        ELSE r.rolconnlimit - (SELECT count(*) FROM pg_stat_activity AS a WHERE a.usesysid = r.oid) END
            FROM pg_roles AS r WHERE r.rolname = current_user)
       )::int
FROM pg_settings AS z
WHERE z.name = 'TimeZone'
