-- Sequences of a schema with the column that owns them, if any, and the value that comes next.
-- What the present role may not read counts from the start.
SELECT s.relname,
       coalesce(CASE WHEN has_sequence_privilege(s.oid, 'SELECT, USAGE')
                     THEN pg_sequence_last_value(s.oid) + q.seqincrement END,
                q.seqstart),
       q.seqincrement,
       d.refobjid::bigint,
       a.attname::text
FROM pg_class AS s
JOIN pg_sequence AS q ON q.seqrelid = s.oid
LEFT JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid
                        AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
LEFT JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE s.relnamespace = %s
  AND s.relkind = 'S'
ORDER BY s.relname COLLATE "C"
