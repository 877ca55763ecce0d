-- Views of a schema. Parameter: schema.
SELECT table_name, view_definition, check_option
FROM information_schema.views
WHERE table_schema = %s
ORDER BY table_name
