-- The numbers of the present columns of a publication's tables: one that was dropped and made anew has another.
SELECT c.relname::text, json_object_agg(a.attname, a.attnum)::text
  FROM pg_publication AS p
  JOIN pg_publication_rel AS r ON r.prpubid = p.oid
  JOIN pg_class AS c ON c.oid = r.prrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE p.pubname = %s AND n.nspname = %s
 GROUP BY c.relname
