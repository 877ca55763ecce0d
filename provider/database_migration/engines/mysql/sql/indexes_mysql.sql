-- Index parts of all tables of a schema, in order. Parameter: schema.
SELECT table_name, index_name, non_unique, column_name, collation, sub_part, index_type, index_comment, expression,
       is_visible = 'NO'
FROM information_schema.statistics
WHERE table_schema = %s
ORDER BY table_name, index_name, seq_in_index
