-- Functions and procedures of a schema, with their parameters in one text. Parameter: schema.
SELECT r.routine_type, r.routine_name, r.routine_definition, r.dtd_identifier,
       (SELECT GROUP_CONCAT(
                   CONCAT_WS(' ', IF(r.routine_type = 'PROCEDURE', p.parameter_mode, NULL), p.parameter_name, p.dtd_identifier)
                   ORDER BY p.ordinal_position SEPARATOR ', ')
        FROM information_schema.parameters AS p
        WHERE p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name
          AND p.routine_type = r.routine_type AND p.ordinal_position > 0)
FROM information_schema.routines AS r
WHERE r.routine_schema = %s AND r.routine_type IN ('FUNCTION', 'PROCEDURE')
ORDER BY r.routine_type, r.routine_name
