-- Functions and procedures of a schema, without those of extensions and those of our own triggers.
WITH RECURSIVE base AS (
    SELECT oid AS domain, oid AS type FROM pg_type
    UNION ALL
    SELECT base.domain, t.typbasetype FROM base JOIN pg_type AS t ON t.oid = base.type AND t.typtype = 'd'
)
SELECT p.proname::text,
       p.prokind = 'p',
       pg_get_functiondef(p.oid),
       quote_ident(n.nspname) || '.' || quote_ident(p.proname),
       pg_get_function_identity_arguments(p.oid),
       l.lanname::text,
       p.proretset,
       r.typname::text,
       format_type(p.prorettype, NULL),
       coalesce(p.proargnames, '{}'),
       coalesce(p.proargmodes::text[], '{}'),
       ARRAY(SELECT t.typname::text
             FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY AS a (type, number)
             JOIN base ON base.domain = a.type
             JOIN pg_type AS t ON t.oid = base.type AND t.typtype <> 'd'
             ORDER BY a.number),
       pg_get_userbyid(p.proowner)::text
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
JOIN pg_type AS r ON r.oid = p.prorettype
WHERE p.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s)
  AND p.prokind IN ('f', 'p', 'w')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY p.proname COLLATE "C", 5
