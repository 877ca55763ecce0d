-- Columns of a schema's tables, in order, with the base type under any domain.
WITH RECURSIVE base AS (
    SELECT oid AS domain, oid AS type, -1 AS modifier FROM pg_type
    UNION ALL
    SELECT base.domain, t.typbasetype,
           CASE WHEN base.modifier = -1 THEN t.typtypmod ELSE base.modifier END
    FROM base JOIN pg_type AS t ON t.oid = base.type AND t.typtype = 'd'
)
SELECT c.oid::bigint,
       a.attname,
       t.typname::text,
       format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.atttypid = t.oid THEN a.atttypmod ELSE base.modifier END,
       CASE WHEN t.typtype = 'e'
            THEN ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e
                       WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
            ELSE '{}'::text[] END,
       NOT a.attnotnull AND NOT EXISTS (
           SELECT FROM pg_type AS d WHERE d.oid = a.atttypid AND d.typtype = 'd' AND d.typnotnull),
       pg_get_expr(f.adbin, f.adrelid),
       a.attgenerated::text,
       a.attidentity <> ''
         OR EXISTS (SELECT FROM pg_depend AS o
                    JOIN pg_class AS s ON s.oid = o.objid AND s.relkind = 'S'
                    WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass
                      AND o.refobjid = c.oid AND o.refobjsubid = a.attnum AND o.deptype = 'a'
                      AND pg_get_expr(f.adbin, f.adrelid) LIKE 'nextval(%%'),
       CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation
            THEN (SELECT collname::text FROM pg_collation WHERE oid = a.attcollation) END,
       coalesce(col_description(c.oid, a.attnum), ''),
       a.attidentity = 'a',
       coalesce((SELECT d.typname::text FROM pg_type AS d
                 WHERE d.oid = a.atttypid AND d.typtype = 'd' AND d.typnamespace = c.relnamespace), ''),
       -- The ICU locale of a nondeterministic collation; its column was renamed in PostgreSQL 15 and again in 17.
       (SELECT coalesce(to_jsonb(l) ->> 'colllocale', to_jsonb(l) ->> 'colliculocale', l.collcollate)
        FROM pg_collation AS l WHERE l.oid = a.attcollation AND NOT l.collisdeterministic)
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN base ON base.domain = a.atttypid
JOIN pg_type AS t ON t.oid = base.type AND t.typtype <> 'd'
LEFT JOIN pg_attrdef AS f ON f.adrelid = c.oid AND f.adnum = a.attnum
WHERE c.relnamespace = %s
  AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition
ORDER BY c.oid, a.attnum
