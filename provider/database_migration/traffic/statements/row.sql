INSERT INTO {table} (name, serving, writes_held, reads_percent_target, version) VALUES ('{name}', 'source', 0, 0, 1)
