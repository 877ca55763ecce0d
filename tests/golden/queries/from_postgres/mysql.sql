-- name: identifiers
SELECT
  c.id,
  c.name AS full_name,
  c.email AS Mail
FROM customer AS c;

-- name: rename
SELECT
  sales_order.amount AS total,
  o.id,
  o.customer_id,
  o.state,
  o.tags,
  o.amount AS total,
  o.is_gift,
  o.greeting,
  o.placed_at
FROM sales_order
JOIN sales_order AS o
  USING (id);

-- name: division
SELECT
  visits DIV 7,
  CAST(visits AS DECIMAL(38, 16)) / 7.0,
  CAST(credit AS DECIMAL(38, 16)) / 3,
  ratio / 2,
  visits % 7,
  AVG(CAST(visits AS DECIMAL(38, 16))),
  AVG(CAST(credit AS DECIMAL(38, 16)))
FROM customer
GROUP BY
  visits,
  credit,
  ratio;

-- name: text
-- caution split_part
SELECT
  CONCAT(name, ' ', CAST(visits AS CHAR)),
  CONCAT_WS('', name, note, CAST(visits AS CHAR)),
  CHAR_LENGTH(name),
  LOCATE('a' COLLATE utf8mb4_bin, name),
  LOCATE('a' COLLATE utf8mb4_bin, name),
  SUBSTRING_INDEX(SUBSTRING_INDEX(email, '@', 2), '@', -1),
  TRIM(name),
  LPAD(name, 5, ' ')
FROM customer;

-- name: patterns
SELECT
  id
FROM customer
WHERE
  name LIKE 'A%'
  AND LOWER(email) LIKE '%x'
  AND name REGEXP '(?-i)^a'
  AND NOT name REGEXP '(?i)b$'
  AND email = 'a@b';

-- name: casts
SELECT
  CAST(visits AS CHAR),
  CAST(credit AS SIGNED),
  CAST('2024-01-02' AS DATE),
  is_active,
  IF(is_active IS NULL, NULL, IF(is_active, 'true', 'false')),
  CAST('5' AS SIGNED),
  CAST(credit AS DECIMAL(6, 1)),
  LEFT(note, 3),
  CAST(created_at AS DATE)
FROM customer;

-- name: dates
SELECT
  DATE_ADD(DATE_ADD(created_at, INTERVAL 1 MONTH), INTERVAL 2 DAY),
  DATE_ADD(born_on, INTERVAL 7 DAY),
  DATEDIFF(born_on, CAST('2000-01-01' AS DATE)),
  DATE_SUB(NOW(6), INTERVAL 7 DAY),
  DATE_SUB(created_at, INTERVAL visits HOUR),
  CAST(DATE_FORMAT(created_at, '%Y-%m-01 00:00:00') AS DATETIME),
  DATE_FORMAT(created_at, '%Y-%m-%d %H:%i'),
  (
    DAYOFWEEK(created_at) - 1
  ),
  (
    TIMESTAMPDIFF(MICROSECOND, created_at, seen_at) / 1000000
  ),
  YEAR(born_on)
FROM customer;

-- name: interval_result
-- manual interval (The difference of two moments is an interval, which MySQL does not have.)
--   SELECT
--     seen_at - created_at
--   FROM customer

-- name: nulls
-- caution sorted_letters
SELECT
  id,
  note,
  visits
FROM customer
ORDER BY
  CASE WHEN note IS NULL THEN 1 ELSE 0 END, note,
  CASE WHEN note IS NULL THEN 1 ELSE 0 END DESC, note DESC,
  note DESC,
  visits DESC;

-- name: nulls_in_functions
SELECT
  GREATEST(visits, 3),
  GREATEST(
    COALESCE(born_on, CAST('2000-01-01' AS DATE)),
    COALESCE(CAST('2000-01-01' AS DATE), born_on)
  ),
  LEAST(COALESCE(note, name), COALESCE(name, note)),
  NOT born_on <=> NULL
FROM customer;

-- name: distinct_on
-- caution distinct_on
SELECT
  customer_id,
  total
FROM (
  SELECT
    customer_id AS customer_id,
    amount AS total,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY customer_id, placed_at DESC) AS _row_number
  FROM sales_order
) AS _t
WHERE
  _row_number = 1;

-- name: aggregates
-- caution group_concat_length
SELECT
  GROUP_CONCAT(name ORDER BY id SEPARATOR '; '),
  COUNT(CASE WHEN is_active THEN 1 END),
  MAX(is_active),
  STDDEV_SAMP(visits),
  COUNT(DISTINCT email)
FROM customer;

-- name: any_array
SELECT
  id
FROM customer
WHERE
  id IN (1, 2) OR id = ANY (
    SELECT
      customer_id
    FROM sales_order
  );

-- name: arrays
-- manual no_counterpart (ARRAY_AGG() has no counterpart on MySQL.)
--   SELECT
--     ARRAY_AGG(id)
--   FROM customer

-- name: full_join
-- manual full_join (MySQL has no FULL JOIN.)
--   SELECT
--     COUNT(*)
--   FROM customer AS c
--   LEFT JOIN sales_order AS o
--     ON o.customer_id = c.id
--   UNION ALL
--   SELECT
--     COUNT(*)
--   FROM customer AS c
--   RIGHT JOIN sales_order AS o
--     ON o.customer_id = c.id
--   WHERE
--     NOT EXISTS(
--       SELECT
--         1
--       FROM customer AS c
--       WHERE
--         o.customer_id = c.id
--     )

-- name: limits
SELECT
  id
FROM customer
ORDER BY
  id
LIMIT 18446744073709551615
OFFSET 5;

-- name: rollup
SELECT
  state,
  SUM(amount)
FROM sales_order
GROUP BY
  state
  WITH ROLLUP;

-- name: json
-- caution json_null
SELECT
  JSON_UNQUOTE(JSON_EXTRACT(preferences, '$."language"')),
  JSON_EXTRACT(JSON_EXTRACT(preferences, '$."tags"'), '$[0]'),
  JSON_UNQUOTE(JSON_EXTRACT(preferences, '$."address"."city"'))
FROM customer;

-- name: strings
SELECT
  'back\\slash',
  'new\nline',
  'it''s'
FROM customer;

-- name: upsert
-- caution any_key
INSERT INTO customer (
  id,
  visits
)
VALUES
  (1, 2) ON DUPLICATE KEY UPDATE visits = customer.visits + VALUES(visits);

-- name: upsert_nothing
-- caution insert_ignore
INSERT IGNORE INTO customer (
  id
)
VALUES
  (1);

-- name: returning
-- manual returning (RETURNING.)
--   INSERT INTO customer (
--     email
--   )
--   VALUES
--     ('a')
--   RETURNING id

-- name: update_from
UPDATE sales_order
  CROSS JOIN customer AS c SET sales_order.greeting = c.name
WHERE
  c.id = sales_order.customer_id;

-- name: update_swaps
-- manual assignment_order (An assignment reads a column that an earlier one sets: MySQL would read the new value.)
--   UPDATE customer SET name = email, email = name

-- name: delete_using
DELETE   order_line FROM order_line
  CROSS JOIN sales_order AS o
WHERE
  o.id = order_line.order_id AND o.state = 'x';

-- name: generate_series
-- manual no_counterpart (GENERATE_SERIES() has no counterpart on MySQL.)
--   SELECT
--     *
--   FROM GENERATE_SERIES(1, 3)
