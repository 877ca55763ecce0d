-- Columns of all tables and views of a schema, in order. Parameter: schema.
SELECT table_name, column_name, data_type, column_type, is_nullable, column_default, extra,
       character_maximum_length, numeric_precision, numeric_scale, datetime_precision,
       character_set_name, collation_name, generation_expression, column_comment, column_key
FROM information_schema.columns
WHERE table_schema = %s
ORDER BY table_name, ordinal_position
