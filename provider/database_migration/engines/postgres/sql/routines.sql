-- Functions and procedures of a schema, without those of extensions; aggregates have no definition to show.
SELECT p.proname,
       p.prokind = 'p',
       pg_get_functiondef(p.oid),
       pg_get_function_identity_arguments(p.oid)
FROM pg_proc AS p
WHERE p.pronamespace = %s
  AND p.prokind IN ('f', 'p', 'w')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY p.proname COLLATE "C", 4
