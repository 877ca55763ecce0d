-- Per table of a schema: what decides whether it can be read, followed, fenced and written.
SELECT c.relname::text,
       c.relpersistence::text,
       c.relreplident::text,
       (SELECT x.relname::text FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
        WHERE i.indrelid = c.oid AND i.indisreplident),
       ARRAY(SELECT a.attname::text FROM pg_index AS i
             JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey[0 : i.indnkeyatts - 1])
             WHERE i.indrelid = c.oid AND i.indisreplident),
       pg_has_role(c.relowner, 'USAGE'),
       pg_get_userbyid(c.relowner)::text,
       has_table_privilege(c.oid, 'SELECT'),
       has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
         AND has_table_privilege(c.oid, 'DELETE'),
       c.relrowsecurity AND NOT (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user)
         AND (c.relforcerowsecurity OR NOT pg_has_role(c.relowner, 'USAGE')),
       c.relkind = 'p',
       EXISTS (SELECT FROM pg_inherits AS h WHERE h.inhparent = c.oid) AND c.relkind = 'r',
       ARRAY(SELECT DISTINCT e.extname::text
             FROM pg_attribute AS a
             JOIN pg_depend AS d ON d.classid = 'pg_type'::regclass AND d.objid = a.atttypid AND d.deptype = 'e'
             JOIN pg_extension AS e ON e.oid = d.refobjid
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       ARRAY(SELECT DISTINCT s.subname::text FROM pg_subscription_rel AS r
             JOIN pg_subscription AS s ON s.oid = r.srsubid WHERE r.srrelid = c.oid)
FROM pg_class AS c
WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s)
  AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition
