-- What a PostgreSQL application asks, theme by theme.

-- name: identifiers
SELECT C.ID, c."name" AS Full_Name, "c".email AS "Mail" FROM Customer c;

-- name: rename
SELECT orders.total, o.* FROM orders JOIN orders o USING (id);

-- name: division
SELECT visits / 7, visits / 7.0, credit / 3, ratio / 2, visits % 7, avg(visits), avg(credit) FROM customer GROUP BY visits, credit, ratio;

-- name: text
SELECT name || ' ' || visits, concat(name, note, visits), length(name), strpos(name, 'a'), position('a' IN name), split_part(email, '@', 2), btrim(name), lpad(name, 5) FROM customer;

-- name: patterns
SELECT id FROM customer WHERE name LIKE 'A%' AND email ILIKE '%X' AND name ~ '^a' AND name !~* 'b$' AND email = 'a@b';

-- name: casts
SELECT visits::text, credit::int, '2024-01-02'::date, is_active::int, is_active::text, '5'::int, credit::numeric(6, 1), note::varchar(3), created_at::date FROM customer;

-- name: dates
SELECT created_at + interval '1 month 2 days', born_on + 7, born_on - date '2000-01-01', now() - interval '7 days', created_at - visits * interval '1 hour', date_trunc('month', created_at), to_char(created_at, 'YYYY-MM-DD HH24:MI'), extract(dow FROM created_at), extract(epoch FROM seen_at - created_at), date_part('year', born_on) FROM customer;

-- name: interval_result
SELECT seen_at - created_at FROM customer;

-- name: nulls
SELECT id, note, visits FROM customer ORDER BY note, note DESC, note DESC NULLS LAST, visits DESC;

-- name: nulls_in_functions
SELECT greatest(visits, 3), greatest(born_on, date '2000-01-01'), least(note, name), born_on IS DISTINCT FROM NULL FROM customer;

-- name: distinct_on
SELECT DISTINCT ON (customer_id) customer_id, total FROM orders ORDER BY customer_id, placed_at DESC;

-- name: aggregates
SELECT string_agg(name, '; ' ORDER BY id), count(*) FILTER (WHERE is_active), bool_or(is_active), stddev(visits), count(DISTINCT email) FROM customer;

-- name: any_array
SELECT id FROM customer WHERE id = ANY(ARRAY[1, 2]) OR id = ANY(SELECT customer_id FROM orders);

-- name: arrays
SELECT array_agg(id) FROM customer;

-- name: full_join
SELECT count(*) FROM customer c FULL JOIN orders o ON o.customer_id = c.id;

-- name: limits
SELECT id FROM customer ORDER BY id OFFSET 5;

-- name: rollup
SELECT state, sum(total) FROM orders GROUP BY ROLLUP (state);

-- name: json
SELECT preferences ->> 'language', preferences -> 'tags' -> 0, preferences #>> '{address,city}' FROM customer;

-- name: strings
SELECT 'back\slash', E'new\nline', 'it''s' FROM customer;

-- name: upsert
INSERT INTO customer (id, visits) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET visits = customer.visits + excluded.visits;

-- name: upsert_nothing
INSERT INTO customer (id) VALUES (1) ON CONFLICT DO NOTHING;

-- name: returning
INSERT INTO customer (email) VALUES ('a') RETURNING id;

-- name: update_from
UPDATE orders SET greeting = c.name FROM customer c WHERE c.id = orders.customer_id;

-- name: update_swaps
UPDATE customer SET name = email, email = name;

-- name: delete_using
DELETE FROM order_line USING orders o WHERE o.id = order_line.order_id AND o.state = 'x';

-- name: generate_series
SELECT * FROM generate_series(1, 3);
