-- Partitions of a schema's tables, each with the partition that it divides further, from the root downwards.
WITH RECURSIVE tree AS (
    SELECT c.oid AS root, h.inhrelid AS part, NULL::oid AS parent, 1 AS level
    FROM pg_class AS c
    JOIN pg_inherits AS h ON h.inhparent = c.oid
    WHERE c.relnamespace = %s AND c.relkind = 'p' AND NOT c.relispartition
    UNION ALL
    SELECT tree.root, h.inhrelid, tree.part, tree.level + 1
    FROM tree
    JOIN pg_inherits AS h ON h.inhparent = tree.part
)
SELECT tree.root::bigint,
       p.relname,
       pg_get_expr(p.relpartbound, p.oid),
       coalesce((SELECT relname FROM pg_class WHERE oid = tree.parent), ''),
       CASE WHEN p.relkind = 'p' THEN pg_get_partkeydef(p.oid) ELSE '' END,
       p.relkind = 'f'
FROM tree
JOIN pg_class AS p ON p.oid = tree.part
ORDER BY tree.root, tree.level, p.relname COLLATE "C"
