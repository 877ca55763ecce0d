-- Base tables of a schema; partitions are part of their parent, tables of extensions are the extension's.
SELECT c.oid::bigint,
       c.relname,
       coalesce(obj_description(c.oid, 'pg_class'), ''),
       greatest(c.reltuples, 0)::bigint
         + coalesce((SELECT sum(greatest(l.reltuples, 0))::bigint
                     FROM pg_partition_tree(c.oid) AS p
                     JOIN pg_class AS l ON l.oid = p.relid
                     WHERE p.isleaf AND l.oid <> c.oid), 0),
       CASE WHEN c.relkind = 'p'
            THEN coalesce((SELECT sum(pg_total_relation_size(p.relid))::bigint
                           FROM pg_partition_tree(c.oid) AS p WHERE p.isleaf), 0)
            ELSE pg_total_relation_size(c.oid) END,
       coalesce((SELECT amname FROM pg_am WHERE oid = c.relam), ''),
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) ELSE '' END,
       c.relpersistence::text,
       c.relreplident::text,
       pg_has_role(c.relowner, 'USAGE'),
       pg_get_userbyid(c.relowner)::text,
       c.relrowsecurity,
       ARRAY(SELECT p.relname::text FROM pg_inherits AS h JOIN pg_class AS p ON p.oid = h.inhparent
             WHERE h.inhrelid = c.oid ORDER BY h.inhseqno),
       coalesce(c.reloptions, '{}')::text[]
FROM pg_class AS c
WHERE c.relnamespace = %s
  AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname COLLATE "C"
