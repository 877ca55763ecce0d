-- Base tables and sequences of a schema with their statistics. Parameter: schema.
SELECT table_name, table_type, engine, table_comment, auto_increment,
       COALESCE(table_rows, 0), COALESCE(data_length, 0) + COALESCE(index_length, 0), COALESCE(create_options, '')
FROM information_schema.tables
WHERE table_schema = %s AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')
ORDER BY table_name
