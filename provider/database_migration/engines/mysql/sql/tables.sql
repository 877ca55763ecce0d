-- Base tables of a schema with their statistics and how they are partitioned. Parameter: schema.
SELECT t.table_name, t.table_type, t.engine, t.table_comment, t.auto_increment,
       COALESCE(t.table_rows, 0), COALESCE(t.data_length, 0) + COALESCE(t.index_length, 0),
       COALESCE(p.partitioned_by, '')
FROM information_schema.tables AS t
LEFT JOIN (
    SELECT table_name AS partitioned_table,
           MAX(CONCAT(partition_method, ' (', COALESCE(partition_expression, ''), ')')) AS partitioned_by
    FROM information_schema.partitions
    WHERE table_schema = %s AND partition_method IS NOT NULL
    GROUP BY table_name
) AS p ON p.partitioned_table = t.table_name
WHERE t.table_schema = %s AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')
ORDER BY t.table_name
