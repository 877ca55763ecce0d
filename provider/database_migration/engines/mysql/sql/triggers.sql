-- Triggers of a schema in the order in which they fire. Parameter: schema.
SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_statement
FROM information_schema.triggers
WHERE trigger_schema = %s
ORDER BY event_object_table, event_manipulation, action_timing, action_order
