-- Scheduled events of a schema. Parameter: schema.
SELECT event_name, event_definition,
       COALESCE(CONCAT('EVERY ', interval_value, ' ', interval_field), CONCAT('AT ', execute_at))
FROM information_schema.events
WHERE event_schema = %s
ORDER BY event_name
