-- What makes up the tables of a publication: their columns by number, their partitions by the files that hold them.
SELECT c.relname::text,
       c.oid::bigint,
       c.relnatts::int,
       coalesce((SELECT json_object_agg(l.relid::regclass::text, coalesce(pg_relation_filenode(l.relid), 0)
                                        ORDER BY l.relid::regclass::text)
                   FROM pg_partition_tree(c.oid) AS l
                  WHERE c.relkind = 'p' AND l.isleaf), '{}')::text
  FROM pg_publication AS p
  JOIN pg_publication_rel AS r ON r.prpubid = p.oid
  JOIN pg_class AS c ON c.oid = r.prrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE p.pubname = %s AND n.nspname = %s
 ORDER BY 1
