-- The tables to fence with their partitions (a statement on a partition does not fire its parent's triggers).
SELECT n.nspname::text, l.relname::text, l.oid::bigint,
       EXISTS (SELECT FROM pg_trigger AS t
               WHERE t.tgrelid = l.oid AND t.tgname = 'database_migration_fence' AND t.tgenabled = 'A'),
       c.relname::text
FROM pg_class AS c
CROSS JOIN LATERAL (SELECT c.oid AS relid
                    UNION
                    SELECT p.relid::oid FROM pg_partition_tree(c.oid) AS p) AS tree
JOIN pg_class AS l ON l.oid = tree.relid
JOIN pg_namespace AS n ON n.oid = l.relnamespace
WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s)
  AND c.relname = ANY (%s::text[])
  AND c.relkind IN ('r', 'p')
ORDER BY l.oid
