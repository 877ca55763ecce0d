-- Check constraints of all tables of a schema, those of columns included. Parameter: schema.
SELECT table_name, constraint_name, check_clause, 1
FROM information_schema.check_constraints
WHERE constraint_schema = %s
ORDER BY table_name, constraint_name
