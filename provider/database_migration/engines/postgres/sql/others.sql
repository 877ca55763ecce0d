-- What a schema holds and no migration carries: kind, name, detail. Extensions are the whole database's.
WITH here AS (SELECT %s::oid AS schema)
SELECT 'foreign table', c.relname::text, 'server ' || s.srvname
FROM here
JOIN pg_class AS c ON c.relnamespace = here.schema AND c.relkind = 'f'
JOIN pg_foreign_table AS f ON f.ftrelid = c.oid
JOIN pg_foreign_server AS s ON s.oid = f.ftserver
UNION ALL
SELECT 'row security policy', c.relname || '.' || p.polname, coalesce('USING ' || pg_get_expr(p.polqual, p.polrelid), '')
FROM here
JOIN pg_class AS c ON c.relnamespace = here.schema
JOIN pg_policy AS p ON p.polrelid = c.oid
UNION ALL
SELECT 'rule', c.relname || '.' || r.rulename, pg_get_ruledef(r.oid)
FROM here
JOIN pg_class AS c ON c.relnamespace = here.schema
JOIN pg_rewrite AS r ON r.ev_class = c.oid AND r.rulename <> '_RETURN'
UNION ALL
SELECT 'aggregate', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', ''
FROM here
JOIN pg_proc AS p ON p.pronamespace = here.schema AND p.prokind = 'a'
WHERE NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT CASE t.typtype WHEN 'r' THEN 'range type' ELSE 'composite type' END, t.typname::text, ''
FROM here
JOIN pg_type AS t ON t.typnamespace = here.schema
LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE (t.typtype = 'r' OR (t.typtype = 'c' AND c.relkind = 'c'))
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT 'extended statistics', s.stxname::text, pg_get_statisticsobjdef(s.oid)
FROM here
JOIN pg_statistic_ext AS s ON s.stxnamespace = here.schema
UNION ALL
SELECT 'extension', e.extname::text, 'version ' || e.extversion
FROM pg_extension AS e
WHERE e.extname <> 'plpgsql'
UNION ALL
SELECT 'grant', coalesce(pg_get_userbyid(nullif(g.grantee, 0)), 'PUBLIC')::text,
       string_agg(DISTINCT g.privilege_type, ', ' ORDER BY g.privilege_type) || ' on '
       || count(DISTINCT g.relname) || ' tables, views or sequences'
FROM here
CROSS JOIN LATERAL (
    SELECT c.relname, x.grantee, x.privilege_type
    FROM pg_class AS c
    CROSS JOIN LATERAL aclexplode(c.relacl) AS x
    WHERE c.relnamespace = here.schema AND x.grantee <> c.relowner
) AS g
GROUP BY g.grantee
ORDER BY 1, 2
