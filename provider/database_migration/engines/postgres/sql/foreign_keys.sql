-- Foreign keys of a schema's tables; those that PostgreSQL makes for partitions have a parent.
SELECT k.conrelid::bigint,
       k.conname,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(n, place)
             JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY place),
       p.relname,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u(n, place)
             JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY place),
       k.confdeltype::text,
       k.confupdtype::text,
       k.condeferrable,
       k.condeferred,
       k.convalidated,
       k.confmatchtype = 'f',
       coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_class AS p ON p.oid = k.confrelid
WHERE c.relnamespace = %s
  AND k.contype = 'f'
  AND k.conparentid = 0
  AND NOT c.relispartition
ORDER BY k.conrelid, k.conname COLLATE "C"
