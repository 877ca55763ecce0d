-- Sequences of a schema with the column that owns them, if any, and the value that comes next.
-- What the present role may not read counts from the start.
SELECT s.relname,
       coalesce(CASE WHEN has_sequence_privilege(s.oid, 'SELECT, USAGE')
                     THEN pg_sequence_last_value(s.oid) + q.seqincrement END,
                q.seqstart),
       q.seqincrement,
       d.refobjid::bigint,
       a.attname::text,
       CASE WHEN q.seqincrement > 0 THEN nullif(q.seqmin, 1) ELSE nullif(q.seqmin, t.least) END,
       CASE WHEN q.seqincrement > 0 THEN nullif(q.seqmax, -1 - t.least) ELSE nullif(q.seqmax, -1) END,
       q.seqcycle,
       coalesce(has_sequence_privilege(s.oid, 'SELECT, USAGE'), false)
FROM pg_class AS s
JOIN pg_sequence AS q ON q.seqrelid = s.oid
CROSS JOIN LATERAL (SELECT CASE q.seqtypid WHEN 'int2'::regtype THEN -32768 WHEN 'int4'::regtype THEN -2147483648
                           ELSE -9223372036854775808 END AS least) AS t
LEFT JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid
                        AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
LEFT JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE s.relnamespace = %s
  AND s.relkind = 'S'
ORDER BY s.relname COLLATE "C"
