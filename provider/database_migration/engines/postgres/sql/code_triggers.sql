-- Triggers of the user on a schema's tables and views; the write fence's are ours.
SELECT c.relname::text,
       t.tgname::text,
       pg_get_triggerdef(t.oid, true),
       p.proname::text,
       p.prosrc,
       p.pronamespace = c.relnamespace,
       t.tgtype::int,
       t.tgenabled::text
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_proc AS p ON p.oid = t.tgfoid
WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s)
  AND NOT t.tgisinternal
  AND NOT c.relispartition
  AND t.tgname <> 'database_migration_fence'
ORDER BY c.relname COLLATE "C", t.tgname COLLATE "C"
