-- Valid indexes of a schema's tables, one row per key part, INCLUDE columns apart; exclusion constraints are checks.
SELECT i.indrelid::bigint,
       x.relname,
       i.indisprimary,
       i.indisunique,
       am.amname::text,
       pg_get_expr(i.indpred, i.indrelid),
       pg_get_indexdef(i.indexrelid),
       coalesce(obj_description(i.indexrelid, 'pg_class'), ''),
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
       ARRAY(SELECT a.attname::text
             FROM generate_series(i.indnkeyatts, i.indnatts - 1) AS k
             JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k]
             ORDER BY k),
       ARRAY(SELECT coalesce((SELECT a.attname::text FROM pg_attribute AS a
                              WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[k] AND i.indkey[k] <> 0), '')
             FROM generate_series(0, i.indnkeyatts - 1) AS k ORDER BY k),
       ARRAY(SELECT CASE WHEN i.indkey[k] = 0 THEN pg_get_indexdef(i.indexrelid, k + 1, true) ELSE '' END
             FROM generate_series(0, i.indnkeyatts - 1) AS k ORDER BY k),
       ARRAY(SELECT (i.indoption[k] & 1) = 1 FROM generate_series(0, i.indnkeyatts - 1) AS k ORDER BY k),
       ARRAY(SELECT (i.indoption[k] & 2) = 2 FROM generate_series(0, i.indnkeyatts - 1) AS k ORDER BY k),
       ARRAY(SELECT CASE WHEN o.opcdefault THEN '' ELSE o.opcname::text END
             FROM generate_series(0, i.indnkeyatts - 1) AS k
             JOIN pg_opclass AS o ON o.oid = i.indclass[k] ORDER BY k),
       ARRAY(SELECT coalesce((SELECT l.collname::text FROM pg_collation AS l
                              WHERE l.oid = i.indcollation[k] AND l.collname <> 'default'
                                AND NOT EXISTS (SELECT FROM pg_attribute AS a
                                                WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[k]
                                                  AND i.indkey[k] <> 0 AND a.attcollation = l.oid)), '')
             FROM generate_series(0, i.indnkeyatts - 1) AS k ORDER BY k),
       u.oid IS NOT NULL,
       coalesce(u.condeferrable, false),
       coalesce(u.condeferred, false)
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indrelid
JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_am AS am ON am.oid = x.relam
LEFT JOIN pg_constraint AS u ON u.conindid = i.indexrelid AND u.conrelid = i.indrelid AND u.contype IN ('u', 'p')
WHERE c.relnamespace = %s
  AND c.relkind IN ('r', 'p', 'm')
  AND NOT c.relispartition
  AND (i.indisvalid OR x.relkind = 'I')
  AND NOT i.indisexclusion
ORDER BY i.indrelid, x.relname COLLATE "C"
