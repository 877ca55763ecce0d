-- name: identifiers
SELECT
  c.id AS "ID",
  c.name AS "Name",
  c.name AS "User Name",
  c.email AS "order"
FROM customer AS c
WHERE
  c.email IS NOT NULL;

-- name: rename_table_and_column
SELECT
  sales_order.id,
  sales_order.amount AS total,
  o2.amount AS total
FROM sales_order
JOIN sales_order AS o2
  ON o2.id = sales_order.id
WHERE
  sales_order.amount > 5;

-- name: rename_under_a_star
SELECT
  sales_order.id,
  sales_order.customer_id,
  sales_order.state,
  sales_order.tags,
  sales_order.amount AS total,
  sales_order.is_gift,
  sales_order.greeting,
  sales_order.placed_at
FROM sales_order
WHERE
  id = 7;

-- name: rename_in_a_subquery
SELECT
  x.total
FROM (
  SELECT
    amount AS total
  FROM sales_order
  WHERE
    state = 'paid'
) AS x
ORDER BY
  x.total DESC;

-- name: schema_named
SELECT
  COUNT(*)
FROM public.customer;

-- name: other_schema
-- manual other_schema (billing.invoice lies outside of the migrated schema shop.)
--   SELECT
--     COUNT(*)
--   FROM billing.invoice

-- name: not_migrated
-- manual not_migrated (The table cache_page is not part of the migration.)
--   SELECT
--     COUNT(*)
--   FROM cache_page

-- name: boolean_column
SELECT
  id
FROM customer
WHERE
  is_active AND NOT accepts_mail AND is_active = TRUE AND accepts_mail <> FALSE;

-- name: number_as_condition
SELECT
  CASE WHEN visits <> 0 THEN 'came' ELSE 'never' END,
  visits > 3,
  SUM(CAST((
    visits > 3
  ) AS INT)),
  (
    NOT visits <> 0
  )
FROM customer
WHERE
  visits <> 0 OR credit <> 0
GROUP BY
  visits;

-- name: boolean_arithmetic
SELECT
  SUM(CAST(is_active AS INT)),
  ROUND(AVG(CAST(is_active AS INT)), 4),
  CAST(is_active AS INT) + 1,
  MAX(CAST(is_active AS INT)),
  COALESCE(accepts_mail, FALSE),
  COALESCE(CAST(accepts_mail AS INT), 5)
FROM customer
GROUP BY
  is_active,
  accepts_mail;

-- name: xor_and_null_safe
SELECT
  id
FROM customer
WHERE
  (
    is_active <> (
      visits > 3
    )
  ) AND note IS NOT DISTINCT FROM NULL;

-- name: division
SELECT
  ROUND(CAST(visits AS DECIMAL) / 7, 4),
  CAST(DIV(CAST(visits AS DECIMAL), 7) AS BIGINT),
  MOD(visits, 7),
  ROUND(credit / 3, 6),
  ROUND(credit / NULLIF(visits, 0), 6),
  ratio / 2,
  ROUND(CAST(7 AS DECIMAL) / 2, 4),
  ROUND((
    CAST(visits AS DECIMAL) / 7
  ) * 3, 4)
FROM customer;

-- name: average
SELECT
  ROUND(AVG(visits), 4),
  ROUND(AVG(credit), 6),
  ROUND(AVG(credit), 2),
  ROUND(SUM(credit) / NULLIF(COUNT(*), 0), 6),
  AVG(ratio)
FROM customer;

-- name: rounding
-- caution double_rounded
SELECT
  ROUND(credit),
  ROUND(CAST(ratio AS DECIMAL), 2),
  TRUNC(credit, 1),
  CAST(FLOOR(credit) AS BIGINT),
  CEIL(ratio),
  ABS(visits),
  MOD(visits, 7)
FROM customer;

-- name: logarithm_and_power
SELECT
  CASE WHEN visits > 0 THEN LN(CAST(visits AS DOUBLE PRECISION)) END,
  CASE WHEN visits > 0 THEN LOG(CAST(10 AS DECIMAL), CAST(visits AS DECIMAL)) END,
  CASE WHEN visits > 0 THEN LOG(CAST(2 AS DECIMAL), CAST(visits AS DECIMAL)) END,
  POWER(CAST(visits AS DOUBLE PRECISION), 2),
  CASE WHEN visits >= 0 THEN SQRT(CAST(visits AS DOUBLE PRECISION)) END,
  RANDOM()
FROM customer;

-- name: bits
SELECT
  (
    visits & 3
  ) | 4,
  visits # 1,
  visits << 2
FROM customer
WHERE
  CAST(flags AS BIGINT) = 1;

-- name: greatest
SELECT
  GREATEST(visits, 3),
  CASE WHEN born_on IS NOT NULL THEN LEAST(born_on, '2000-01-01') END
FROM customer;

-- name: text_against_number
-- risk number_with_text customer.note
SELECT
  id
FROM customer
WHERE
  visits = 5 AND note = '5' AND id IN (1, 2);

-- name: text_that_is_no_number
-- manual text_as_number (MySQL reads the text 'many' as a number by its leading digits; PostgreSQL refuses.)
--   SELECT
--     id
--   FROM customer
--   WHERE
--     visits = 'many'

-- name: concatenation
SELECT
  (
    name || ' <' || email || '>'
  ),
  (
    CAST(visits AS TEXT) || CAST(CAST(is_active AS INT) AS TEXT) || TO_CHAR(born_on, 'YYYY-MM-DD') || TO_CHAR(created_at, 'YYYY-MM-DD HH24:MI:SS') || CAST(credit AS TEXT)
  ),
  CONCAT_WS(', ', name, NULL, CAST(visits AS TEXT))
FROM customer;

-- name: text_functions
SELECT
  OCTET_LENGTH(name),
  CHAR_LENGTH(name),
  RIGHT(name, 3),
  SUBSTRING(name, 2, 3),
  LEFT(name, 2),
  STRPOS(LOWER(name), 'a'),
  STRPOS(LOWER(name), LOWER(email)),
  SPLIT_PART(email, '@', -1),
  ARRAY_TO_STRING((
    STRING_TO_ARRAY(email, '.')
  )[1:2], '.'),
  LOWER(name),
  REPEAT(' ', 2),
  REPLACE(name, 'a', 'b'),
  UPPER(ENCODE(CONVERT_TO(name, 'UTF8'), 'hex')),
  TO_CHAR(ROUND(credit, 2), 'FM999,999,999,999,999,999,999,999,999,990.00'),
  MD5(CAST(visits AS TEXT))
FROM customer;

-- name: sets_and_fields
SELECT
  CASE state WHEN 'paid' THEN 1 WHEN 'new' THEN 2 ELSE 0 END,
  CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END
FROM sales_order
WHERE
  CASE
    WHEN tags IS NOT NULL
    THEN COALESCE(ARRAY_POSITION(STRING_TO_ARRAY(tags, ','), 'gift'), 0)
  END <> 0;

-- name: like
SELECT
  id
FROM customer
WHERE
  name ILIKE 'A%'
  AND email ILIKE '%@example.org'
  AND code LIKE 'x%'
  AND note LIKE '10|%' ESCAPE '|';

-- name: regexp
SELECT
  id
FROM customer
WHERE
  name ~* '^(mc|o)' AND NOT name ~* 'x$' AND code ~ '[0-9]';

-- name: text_equality
-- caution case_sensitive customer.email
SELECT
  id
FROM customer
WHERE
  email = 'A@example.org'
  AND code = 'x'
  AND name COLLATE "C" = 'Ann'
  AND name COLLATE "C" = 'Bob';

-- name: enum_equality
SELECT
  id
FROM sales_order
WHERE
  state = 'paid' AND state IN ('new', 'paid');

-- name: full_text
-- manual full_text (MATCH … AGAINST ranks by MySQL's full-text index.)
--   SELECT
--     id
--   FROM customer
--   WHERE
--     note @@ 'lamp'

-- name: conditionals
SELECT
  CASE WHEN visits > 3 THEN 'often' ELSE NULL END,
  COALESCE(note, ''),
  NULLIF(visits, 0),
  (
    note IS NULL
  ),
  CASE WHEN visits <> 0 THEN CAST(credit AS TEXT) ELSE 'none' END,
  COALESCE(TO_CHAR(born_on, 'YYYY-MM-DD'), 'unknown'),
  CASE is_active WHEN TRUE THEN 'on' ELSE 'off' END
FROM customer;

-- name: date_arithmetic
SELECT
  CAST(born_on + INTERVAL '18 year' AS DATE),
  CAST(born_on + INTERVAL '3 month' AS DATE),
  (
    created_at - INTERVAL '2 hour'
  ),
  (
    created_at - (
      visits * INTERVAL '1 day'
    )
  ),
  CAST(born_on + INTERVAL '3 day' AS DATE),
  CAST(CAST('2024-01-31' AS DATE) + INTERVAL '1 month' AS DATE),
  (
    seen_at + INTERVAL '5 minute'
  )
FROM customer;

-- name: date_differences
SELECT
  (
    CAST(seen_at AS DATE) - CAST(created_at AS DATE)
  ),
  CAST(TRUNC(EXTRACT(EPOCH FROM CAST(seen_at AS TIMESTAMP) - created_at) / 86400) AS BIGINT),
  CAST(EXTRACT(YEAR FROM AGE(CAST(CAST('2024-06-01' AS DATE) AS TIMESTAMP), CAST(born_on AS TIMESTAMP))) AS INT),
  (
    CAST(EXTRACT(YEAR FROM AGE(CAST(seen_at AS TIMESTAMP), created_at)) AS INT) * 12 + CAST(EXTRACT(MONTH FROM AGE(CAST(seen_at AS TIMESTAMP), created_at)) AS INT)
  ),
  CAST(EXTRACT(EPOCH FROM CAST(created_at AS TIMESTAMPTZ)) AS BIGINT),
  CAST(EXTRACT(EPOCH FROM seen_at) AS BIGINT),
  CAST(TO_TIMESTAMP(visits) AS TIMESTAMP)
FROM customer;

-- name: date_parts
SELECT
  CAST(EXTRACT(YEAR FROM created_at) AS INT),
  CAST(EXTRACT(MONTH FROM created_at) AS INT),
  (
    CAST(EXTRACT(DOW FROM created_at) AS INT) + 1
  ),
  (
    CAST(EXTRACT(ISODOW FROM created_at) AS INT) - 1
  ),
  (
    (
      CAST(EXTRACT(DOY FROM created_at) AS INT) + 6 - CAST(EXTRACT(DOW FROM created_at) AS INT)
    ) / 7
  ),
  CAST(EXTRACT(WEEK FROM created_at) AS INT),
  (
    CAST(EXTRACT(ISOYEAR FROM created_at) AS INT) * 100 + CAST(EXTRACT(WEEK FROM created_at) AS INT)
  ),
  CAST(TRUNC(EXTRACT(SECOND FROM created_at)) AS INT),
  CAST(DATE_TRUNC('month', created_at) + INTERVAL '1 month - 1 day' AS DATE),
  CAST(created_at AS DATE),
  (
    CAST(EXTRACT(YEAR FROM created_at) AS INT) * 100 + CAST(EXTRACT(MONTH FROM created_at) AS INT)
  ),
  (
    CAST(created_at AS DATE) - CAST('0001-01-01' AS DATE) + 366
  )
FROM customer;

-- name: date_formats
-- caution str_to_date
SELECT
  TO_CHAR(created_at, 'YYYY-MM-DD HH24:MI:SS'),
  TO_CHAR(created_at, 'FMDay FMDD FMMonth YY" at "HH12:MI AM'),
  TO_CHAR(born_on, 'YYYY"-W"IW'),
  TO_DATE('31/12/2024', 'DD/MM/YYYY'),
  TO_CHAR(born_on, 'FMDay')
FROM customer;

-- name: week_from_sunday
-- manual date_format (%X in a date format.)
--   SELECT
--     DATE_FORMAT(created_at, '%X-%V')
--   FROM customer

-- name: now
SELECT
  id
FROM customer
WHERE
  created_at > (
    DATE_TRUNC('second', LOCALTIMESTAMP) - INTERVAL '30 day'
  )
  AND born_on < CURRENT_DATE
  AND seen_at < DATE_TRUNC('second', NOW() AT TIME ZONE 'UTC');

-- name: date_constants
SELECT
  id
FROM customer
WHERE
  born_on > CAST('2000-01-01 12:00:00' AS TIMESTAMP)
  AND created_at BETWEEN '2024-01-01' AND '2024-02-01'
  AND created_at > '2024-01-01';

-- name: zero_date
-- manual zero_date (PostgreSQL has no date '0000-00-00'.)
--   SELECT
--     id
--   FROM customer
--   WHERE
--     born_on = '0000-00-00'

-- name: date_minus_date
-- manual moments_subtracted (MySQL subtracts dates as the numbers that their digits make.)
-- manual moment_as_number (A date or time stands where a number is asked for (MySQL makes 20260131 of it).)
--   SELECT
--     seen_at - created_at
--   FROM customer

-- name: group_by_alias_and_having
-- caution case_sensitive customer.email
-- caution sorted_letters
SELECT
  LEFT(email, 1) AS initial,
  COUNT(*) AS people
FROM customer
GROUP BY
  initial
HAVING
  COUNT(*) > 3 AND LEFT(email, 1) <> 'x'
ORDER BY
  COUNT(*) + 1 DESC,
  LEFT(email, 1) COLLATE "und-x-icu";

-- name: having_without_group
SELECT
  id,
  visits * 2 AS twice
FROM customer
WHERE
  (
    visits * 2
  ) > 10;

-- name: group_by_key_of_a_join
-- caution case_sensitive customer.name
SELECT
  c.name,
  o.customer_id,
  SUM(o.amount) AS spent
FROM sales_order AS o
JOIN customer AS c
  ON c.id = o.customer_id
GROUP BY
  o.customer_id,
  c.name;

-- name: group_by_primary_key
SELECT
  c.id,
  c.name,
  COUNT(o.id)
FROM customer AS c
LEFT JOIN sales_order AS o
  ON o.customer_id = c.id
GROUP BY
  c.id;

-- name: loose_group
-- risk loose_group orders.state
SELECT
  customer_id,
  MIN(state COLLATE "und-x-icu") AS state,
  MAX(amount)
FROM sales_order
GROUP BY
  customer_id;

-- name: rollup
SELECT
  state,
  customer_id,
  SUM(amount)
FROM sales_order
GROUP BY
  ROLLUP (
    state,
    customer_id
  );

-- name: group_concat
-- risk unordered_concatenation
SELECT
  customer_id,
  STRING_AGG(CAST(id AS TEXT), ', ' ORDER BY id),
  STRING_AGG(DISTINCT state, ','),
  STRING_AGG(
    DISTINCT greeting COLLATE "und-x-icu",
    ',' ORDER BY greeting COLLATE "und-x-icu" DESC NULLS LAST
  )
FROM sales_order
GROUP BY
  customer_id;

-- name: count_distinct
SELECT
  COUNT(DISTINCT (customer_id, state)) FILTER(WHERE
    customer_id IS NOT NULL AND state IS NOT NULL),
  COUNT(CASE WHEN amount > 5 THEN 1 ELSE NULL END),
  COUNT(amount > 5 OR NULL)
FROM sales_order;

-- name: order_by_null_and_letters
-- caution sorted_letters
SELECT
  id,
  name,
  note
FROM customer
ORDER BY
  note COLLATE "und-x-icu" NULLS FIRST,
  name COLLATE "und-x-icu" DESC NULLS LAST,
  id,
  born_on DESC NULLS LAST
LIMIT 10
OFFSET 20;

-- name: order_by_enum
SELECT
  id,
  state
FROM sales_order
ORDER BY
  ARRAY_POSITION(ARRAY['new', 'paid', 'shipped', 'cancelled'], state),
  id;

-- name: distinct_ordered
-- caution case_sensitive customer.name
-- caution sorted_letters
SELECT DISTINCT
  name COLLATE "und-x-icu"
FROM customer
ORDER BY
  name NULLS FIRST;

-- name: distinct_enum_ordered
SELECT
  state
FROM (
  SELECT DISTINCT
    state
  FROM sales_order
) AS distinct_rows
ORDER BY
  ARRAY_POSITION(ARRAY['new', 'paid', 'shipped', 'cancelled'], state) DESC;

-- name: union_ordered
-- caution case_sensitive customer.name
-- caution sorted_letters
SELECT
  name COLLATE "und-x-icu"
FROM customer
UNION
SELECT
  greeting
FROM sales_order
ORDER BY
  name NULLS FIRST
LIMIT 5;

-- name: order_by_nothing
SELECT
  state,
  COUNT(*)
FROM sales_order
GROUP BY
  state;

-- name: joins
SELECT
  o.id
FROM sales_order AS o
CROSS JOIN customer AS c
JOIN order_line AS l
  ON l.order_id = o.id
WHERE
  c.id = o.customer_id;

-- name: join_using
SELECT
  COUNT(*)
FROM order_line AS l
JOIN order_line AS m
  USING (order_id);

-- name: common_table
WITH RECURSIVE n AS (
  SELECT
    1 AS i
  UNION ALL
  SELECT
    i + 1
  FROM n
  WHERE
    i < 3
)
SELECT
  i,
  ROUND(CAST(i AS DECIMAL) / 2, 4)
FROM n, (
  SELECT
    COUNT(*) AS k
  FROM customer
) AS q
WHERE
  q.k > 0;

-- name: window
SELECT
  id,
  ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY amount DESC, id) AS place
FROM sales_order;

-- name: from_dual
SELECT
  1 + 1;

-- name: json
SELECT
  JSONB_EXTRACT_PATH(preferences, 'language'),
  JSONB_EXTRACT_PATH_TEXT(preferences, 'address', 'city'),
  JSONB_EXTRACT_PATH_TEXT(preferences, 'tags', '0'),
  JSONB_BUILD_OBJECT('id', id)
FROM customer
WHERE
  CAST(JSONB_EXTRACT_PATH_TEXT(preferences, 'age') AS DECIMAL) > 30
  AND (
    preferences @> CAST('{"a": 1}' AS JSONB)
  );

-- name: json_wildcard
-- manual json_path (A JSON path with wildcards, or several, or a computed one.)
--   SELECT
--     JSON_EXTRACT(preferences, '$.*')
--   FROM customer

-- name: casts
-- caution cast_unsigned
SELECT
  CAST(credit AS BIGINT),
  CAST(visits AS TEXT),
  CAST('2024-01-02' AS DATE),
  name,
  LEFT(name, 3),
  CAST(visits AS DECIMAL(10, 2)),
  CAST(visits AS BIGINT),
  CAST('\x4D79' AS BYTEA),
  'x',
  'y'
FROM customer;

-- name: strings
-- caution case_sensitive customer.note
SELECT
  'it''s',
  'double',
  'back\slash',
  'new
line',
  (
    'a' || 'b'
  )
FROM customer
WHERE
  note = 'x"y';

-- name: user_variable
-- manual user_variable (The variable @n: PostgreSQL's SQL has none.)
--   SELECT
--     $n := $n + 1
--   FROM customer

-- name: unknown_function
-- caution unknown_function COMPRESS
SELECT
  COMPRESS(note)
FROM customer;

-- name: placeholders
-- info placeholders
SELECT
  id
FROM customer
WHERE
  email = %s AND visits > %(least)s;

-- name: lock
SELECT
  id
FROM customer
WHERE
  id = 1   FOR UPDATE;

-- name: insert
INSERT INTO customer (
  email,
  name,
  is_active,
  created_at
)
VALUES
  ('a@b', 'A''s', TRUE, DATE_TRUNC('second', LOCALTIMESTAMP)),
  ('c@d', 'C', FALSE, '2024-01-01');

-- name: insert_renamed
INSERT INTO sales_order (
  customer_id,
  amount
)
SELECT
  id,
  0
FROM customer;

-- name: insert_ignore
-- caution insert_ignore
INSERT INTO order_line (
  order_id,
  line,
  quantity
)
VALUES
  (1, 1, 2) ON CONFLICT DO NOTHING;

-- name: on_duplicate_key
-- risk conflict_key
INSERT INTO customer (
  id,
  email,
  visits
)
VALUES
  (1, 'a@b', 1) ON CONFLICT(id) DO UPDATE SET visits = customer.visits + excluded.visits, is_active = FALSE;

-- name: on_duplicate_key_one_key
INSERT INTO order_line (
  order_id,
  line,
  quantity
)
VALUES
  (1, 1, 2) ON CONFLICT(order_id, line) DO UPDATE SET quantity = excluded.quantity;

-- name: on_duplicate_key_unknown
-- manual conflict_key (The inserted columns cover no unique key, so that the duplicate cannot be named.)
--   INSERT INTO sales_order (
--     customer_id,
--     amount
--   )
--   VALUES
--     (1, 2) ON CONFLICT DO UPDATE SET amount = 3

-- name: replace
-- caution replace
INSERT INTO order_line (
  order_id,
  line,
  quantity
)
VALUES
  (1, 1, 2) ON CONFLICT(order_id, line) DO UPDATE SET quantity = excluded.quantity;

-- name: update
UPDATE sales_order SET amount = amount * 1.1, is_gift = NOT is_gift, greeting = (
  greeting || '!'
)
WHERE
  state = 'new';

-- name: update_left_to_right
UPDATE customer SET visits = visits + 1, credit = (
  visits + 1
) * 2
WHERE
  id = 1;

-- name: update_join
UPDATE sales_order AS o SET amount = 0, greeting = c.name
FROM customer AS c
WHERE
  c.id = o.customer_id AND c.is_active = FALSE;

-- name: update_limit
UPDATE sales_order SET state = 'paid'
WHERE
  id IN (
    SELECT
      id
    FROM sales_order
    WHERE
      state = 'new'
    ORDER BY
      placed_at
    LIMIT 10
  );

-- name: delete_join
DELETE FROM order_line AS l USING   sales_order AS o
WHERE
  o.id = l.order_id AND o.state = 'cancelled';

-- name: delete_limit
-- risk limit_without_order
DELETE FROM order_line
WHERE
  (order_id, line) IN (
    SELECT
      order_id,
      line
    FROM order_line
    WHERE
      quantity = 0
    LIMIT 5
  );

-- name: call
-- manual unreadable (A CALL statement has no counterpart that keeps its meaning.)
