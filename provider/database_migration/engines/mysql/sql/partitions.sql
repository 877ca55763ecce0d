-- Partitions of all tables of a schema with their parts, in order. Parameter: schema.
SELECT table_name, partition_name, subpartition_name, partition_method, partition_expression,
       subpartition_method, subpartition_expression, partition_description
FROM information_schema.partitions
WHERE table_schema = %s AND partition_method IS NOT NULL
ORDER BY table_name, partition_ordinal_position, subpartition_ordinal_position
