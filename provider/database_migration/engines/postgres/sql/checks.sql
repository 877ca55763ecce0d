-- Check and exclusion constraints of a schema's tables.
SELECT k.conrelid::bigint,
       k.conname,
       CASE WHEN k.contype = 'x' THEN pg_get_constraintdef(k.oid)
            ELSE pg_get_expr(k.conbin, k.conrelid) END,
       k.convalidated,
       coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
WHERE c.relnamespace = %s
  AND k.contype IN ('c', 'x')
  AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition
ORDER BY k.conrelid, k.conname COLLATE "C"
