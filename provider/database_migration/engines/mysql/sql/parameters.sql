-- Parameters of a schema's routines, a function's result at position 0. Parameter: schema.
SELECT routine_type, specific_name, ordinal_position, parameter_mode, parameter_name, data_type, dtd_identifier,
       character_maximum_length, numeric_precision, numeric_scale, datetime_precision
FROM information_schema.parameters
WHERE specific_schema = %s
ORDER BY routine_type, specific_name, ordinal_position
