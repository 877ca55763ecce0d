-- Views of a schema with what they read from in the same schema.
SELECT v.relname,
       pg_get_viewdef(v.oid, true),
       v.relkind = 'm',
       ARRAY(SELECT a.attname::text FROM pg_attribute AS a
             WHERE a.attrelid = v.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       ARRAY(SELECT DISTINCT c.relname::text
             FROM pg_rewrite AS r
             JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                                AND d.refclassid = 'pg_class'::regclass
             JOIN pg_class AS c ON c.oid = d.refobjid AND c.oid <> v.oid
             WHERE r.ev_class = v.oid AND c.relnamespace = v.relnamespace
             ORDER BY 1),
       v.oid::bigint,
       coalesce((SELECT upper(split_part(o, '=', 2)) FROM unnest(v.reloptions) AS o WHERE o LIKE 'check_option=%%'), '')
FROM pg_class AS v
WHERE v.relnamespace = %s
  AND v.relkind IN ('v', 'm')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = v.oid AND d.deptype = 'e')
ORDER BY v.relname COLLATE "C"
