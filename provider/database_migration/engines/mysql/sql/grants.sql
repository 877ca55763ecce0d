-- Accounts with privileges of their own on a schema or its tables, as far as they are shown. Parameter: schema (twice).
SELECT grantee, GROUP_CONCAT(DISTINCT privilege_type ORDER BY privilege_type SEPARATOR ', '), COUNT(DISTINCT object)
FROM (
    SELECT grantee, privilege_type, table_schema AS object FROM information_schema.schema_privileges
    WHERE REPLACE(table_schema, '\\_', '_') = %s
    UNION ALL
    SELECT grantee, privilege_type, table_name FROM information_schema.table_privileges WHERE table_schema = %s
) AS shown
WHERE privilege_type <> 'USAGE' AND grantee <> CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')
GROUP BY grantee
ORDER BY grantee
