-- Check constraints of all tables of a schema. Parameter: schema.
SELECT t.table_name, c.constraint_name, c.check_clause, t.enforced = 'YES'
FROM information_schema.table_constraints AS t
JOIN information_schema.check_constraints AS c
  ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name
WHERE t.table_schema = %s AND t.constraint_type = 'CHECK'
ORDER BY t.table_name, c.constraint_name
