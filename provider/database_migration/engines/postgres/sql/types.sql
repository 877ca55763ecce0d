-- Enums and domains of a schema, without those of extensions.
SELECT t.typname,
       ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
       CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE '' END,
       t.typnotnull,
       coalesce(t.typdefault, ''),
       ARRAY(SELECT k.conname::text FROM pg_constraint AS k
             WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.conname COLLATE "C"),
       ARRAY(SELECT pg_get_expr(k.conbin, 0) FROM pg_constraint AS k
             WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.conname COLLATE "C")
FROM pg_type AS t
WHERE t.typnamespace = %s
  AND t.typtype IN ('e', 'd')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY t.typtype = 'd', t.oid
