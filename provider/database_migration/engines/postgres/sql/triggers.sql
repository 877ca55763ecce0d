-- Triggers of the user on a schema's tables; the write fence's are ours.
SELECT c.relname,
       t.tgname,
       pg_get_triggerdef(t.oid, true),
       p.proname,
       p.prosrc,
       p.pronamespace = c.relnamespace
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_proc AS p ON p.oid = t.tgfoid
WHERE c.relnamespace = %s
  AND NOT t.tgisinternal
  AND NOT c.relispartition
  AND t.tgname <> 'database_migration_fence'
ORDER BY c.relname COLLATE "C", t.tgname COLLATE "C"
