-- What a MySQL application asks, theme by theme.

-- name: identifiers
SELECT `c`.`ID`, c.`Name`, `c`.`name` AS `User Name`, c.email AS `order` FROM `customer` AS `c` WHERE c.EMAIL IS NOT NULL;

-- name: rename_table_and_column
SELECT orders.id, orders.total, o2.total FROM orders JOIN orders o2 ON o2.id = orders.id WHERE orders.total > 5;

-- name: rename_under_a_star
SELECT * FROM orders WHERE id = 7;

-- name: rename_in_a_subquery
SELECT x.total FROM (SELECT total FROM orders WHERE state = 'paid') x ORDER BY x.total DESC;

-- name: schema_named
SELECT COUNT(*) FROM shop.customer;

-- name: other_schema
SELECT COUNT(*) FROM billing.invoice;

-- name: not_migrated
SELECT COUNT(*) FROM cache_page;

-- name: boolean_column
SELECT id FROM customer WHERE is_active AND NOT accepts_mail AND is_active = 1 AND accepts_mail <> '0';

-- name: number_as_condition
SELECT IF(visits, 'came', 'never'), visits > 3, SUM(visits > 3), !visits FROM customer WHERE visits OR credit GROUP BY visits;

-- name: boolean_arithmetic
SELECT SUM(is_active), AVG(is_active), is_active + 1, MAX(is_active), COALESCE(accepts_mail, 0), IFNULL(accepts_mail, 5) FROM customer GROUP BY is_active, accepts_mail;

-- name: xor_and_null_safe
SELECT id FROM customer WHERE (is_active XOR visits > 3) AND note <=> NULL;

-- name: division
SELECT visits / 7, visits DIV 7, visits % 7, credit / 3, credit / visits, ratio / 2, 7 / 2, (visits / 7) * 3 FROM customer;

-- name: average
SELECT AVG(visits), AVG(credit), ROUND(AVG(credit), 2), SUM(credit) / COUNT(*), AVG(ratio) FROM customer;

-- name: rounding
SELECT ROUND(credit), ROUND(ratio, 2), TRUNCATE(credit, 1), FLOOR(credit), CEILING(ratio), ABS(visits), MOD(visits, 7) FROM customer;

-- name: logarithm_and_power
SELECT LOG(visits), LOG10(visits), LOG(2, visits), POW(visits, 2), SQRT(visits), RAND() FROM customer;

-- name: bits
SELECT visits & 3 | 4, visits ^ 1, visits << 2 FROM customer WHERE flags = 1;

-- name: greatest
SELECT GREATEST(visits, 3), LEAST(born_on, '2000-01-01') FROM customer;

-- name: text_against_number
SELECT id FROM customer WHERE visits = '5' AND note = 5 AND id IN ('1', '2');

-- name: text_that_is_no_number
SELECT id FROM customer WHERE visits = 'many';

-- name: concatenation
SELECT CONCAT(name, ' <', email, '>'), CONCAT(visits, is_active, born_on, created_at, credit), CONCAT_WS(', ', name, NULL, visits) FROM customer;

-- name: text_functions
SELECT LENGTH(name), CHAR_LENGTH(name), SUBSTRING(name, -3), SUBSTRING(name, 2, 3), LEFT(name, 2), LOCATE('A', name), INSTR(name, email), SUBSTRING_INDEX(email, '@', -1), SUBSTRING_INDEX(email, '.', 2), LCASE(name), SPACE(2), REPLACE(name, 'a', 'b'), HEX(name), FORMAT(credit, 2), MD5(visits) FROM customer;

-- name: sets_and_fields
SELECT FIELD(state, 'paid', 'new'), ELT(2, 'a', 'b') FROM orders WHERE FIND_IN_SET('gift', tags);

-- name: like
SELECT id FROM customer WHERE name LIKE 'A%' AND email NOT LIKE '%@example.org' AND code LIKE 'x%' AND note LIKE '10|%' ESCAPE '|';

-- name: regexp
SELECT id FROM customer WHERE name REGEXP '^(mc|o)' AND name NOT RLIKE 'x$' AND code REGEXP '[0-9]';

-- name: text_equality
SELECT id FROM customer WHERE email = 'A@example.org' AND code = 'x' AND BINARY name = 'Ann' AND name COLLATE utf8mb4_bin = 'Bob';

-- name: enum_equality
SELECT id FROM orders WHERE state = 'paid' AND state IN ('new', 'paid');

-- name: full_text
SELECT id FROM customer WHERE MATCH(note) AGAINST('lamp');

-- name: conditionals
SELECT IF(visits > 3, 'often', NULL), IFNULL(note, ''), NULLIF(visits, 0), ISNULL(note), CASE WHEN visits THEN credit ELSE 'none' END, IFNULL(born_on, 'unknown'), CASE is_active WHEN 1 THEN 'on' ELSE 'off' END FROM customer;

-- name: date_arithmetic
SELECT DATE_ADD(born_on, INTERVAL 18 YEAR), born_on + INTERVAL 1 QUARTER, created_at - INTERVAL 2 HOUR, DATE_SUB(created_at, INTERVAL visits DAY), ADDDATE(born_on, 3), '2024-01-31' + INTERVAL 1 MONTH, TIMESTAMPADD(MINUTE, 5, seen_at) FROM customer;

-- name: date_differences
SELECT DATEDIFF(seen_at, created_at), TIMESTAMPDIFF(DAY, created_at, seen_at), TIMESTAMPDIFF(YEAR, born_on, '2024-06-01'), TIMESTAMPDIFF(MONTH, created_at, seen_at), UNIX_TIMESTAMP(created_at), UNIX_TIMESTAMP(seen_at), FROM_UNIXTIME(visits) FROM customer;

-- name: date_parts
SELECT YEAR(created_at), MONTH(created_at), DAYOFWEEK(created_at), WEEKDAY(created_at), WEEK(created_at), WEEK(created_at, 3), YEARWEEK(created_at, 1), SECOND(created_at), LAST_DAY(created_at), DATE(created_at), EXTRACT(YEAR_MONTH FROM created_at), TO_DAYS(created_at) FROM customer;

-- name: date_formats
SELECT DATE_FORMAT(created_at, '%Y-%m-%d %H:%i:%s'), DATE_FORMAT(created_at, '%W %e %M %y at %h:%i %p'), DATE_FORMAT(born_on, '%Y-W%v'), STR_TO_DATE('31/12/2024', '%d/%m/%Y'), DAYNAME(born_on) FROM customer;

-- name: week_from_sunday
SELECT DATE_FORMAT(created_at, '%X-%V') FROM customer;

-- name: now
SELECT id FROM customer WHERE created_at > NOW() - INTERVAL 30 DAY AND born_on < CURDATE() AND seen_at < UTC_TIMESTAMP();

-- name: date_constants
SELECT id FROM customer WHERE born_on > '2000-01-01 12:00:00' AND created_at BETWEEN '2024-01-01' AND '2024-02-01' AND created_at > 20240101;

-- name: zero_date
SELECT id FROM customer WHERE born_on = '0000-00-00';

-- name: date_minus_date
SELECT seen_at - created_at FROM customer;

-- name: group_by_alias_and_having
SELECT LEFT(email, 1) AS initial, COUNT(*) AS people FROM customer GROUP BY initial HAVING people > 3 AND initial <> 'x' ORDER BY people + 1 DESC, initial;

-- name: having_without_group
SELECT id, visits * 2 AS twice FROM customer HAVING twice > 10;

-- name: group_by_key_of_a_join
SELECT c.name, o.customer_id, SUM(o.total) AS spent FROM orders o JOIN customer c ON c.id = o.customer_id GROUP BY o.customer_id;

-- name: group_by_primary_key
SELECT c.id, c.name, COUNT(o.id) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id;

-- name: loose_group
SELECT customer_id, state, MAX(total) FROM orders GROUP BY customer_id;

-- name: rollup
SELECT state, customer_id, SUM(total) FROM orders GROUP BY state, customer_id WITH ROLLUP;

-- name: group_concat
SELECT customer_id, GROUP_CONCAT(id ORDER BY id SEPARATOR ', '), GROUP_CONCAT(DISTINCT state), GROUP_CONCAT(DISTINCT greeting ORDER BY greeting DESC) FROM orders GROUP BY customer_id;

-- name: count_distinct
SELECT COUNT(DISTINCT customer_id, state), COUNT(IF(total > 5, 1, NULL)), COUNT(total > 5 OR NULL) FROM orders;

-- name: order_by_null_and_letters
SELECT id, name, note FROM customer ORDER BY note, name DESC, id, born_on DESC LIMIT 20, 10;

-- name: order_by_enum
SELECT id, state FROM orders ORDER BY state, id;

-- name: distinct_ordered
SELECT DISTINCT name FROM customer ORDER BY name;

-- name: distinct_enum_ordered
SELECT DISTINCT state FROM orders ORDER BY state DESC;

-- name: union_ordered
SELECT name FROM customer UNION SELECT greeting FROM orders ORDER BY name LIMIT 5;

-- name: order_by_nothing
SELECT state, COUNT(*) FROM orders GROUP BY state ORDER BY NULL;

-- name: joins
SELECT STRAIGHT_JOIN SQL_NO_CACHE o.id FROM orders o FORCE INDEX (orders_customer) INNER JOIN customer c STRAIGHT_JOIN order_line l ON l.order_id = o.id WHERE c.id = o.customer_id;

-- name: join_using
SELECT COUNT(*) FROM order_line l JOIN order_line m USING (order_id);

-- name: common_table
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i, i / 2 FROM n, (SELECT COUNT(*) AS k FROM customer) q WHERE q.k > 0;

-- name: window
SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY total DESC, id) AS place FROM orders;

-- name: from_dual
SELECT 1 + 1 FROM DUAL;

-- name: json
SELECT preferences->'$.language', preferences->>'$.address.city', JSON_UNQUOTE(JSON_EXTRACT(preferences, '$.tags[0]')), JSON_OBJECT('id', id) FROM customer WHERE preferences->>'$.age' > 30 AND JSON_CONTAINS(preferences, '{"a": 1}');

-- name: json_wildcard
SELECT JSON_EXTRACT(preferences, '$.*') FROM customer;

-- name: casts
SELECT CAST(credit AS SIGNED), CAST(visits AS CHAR), CAST('2024-01-02' AS DATE), CONVERT(name USING utf8mb4), CAST(name AS CHAR(3)), CAST(visits AS DECIMAL(10, 2)), CAST(visits AS UNSIGNED), X'4D79', _utf8mb4'x', N'y' FROM customer;

-- name: strings
SELECT 'it''s', "double", 'back\\slash', 'new\nline', 'a' 'b' FROM customer WHERE note = "x\"y";

-- name: user_variable
SELECT @n := @n + 1 FROM customer;

-- name: unknown_function
SELECT COMPRESS(note) FROM customer;

-- name: placeholders
SELECT id FROM customer WHERE email = ? AND visits > :least;

-- name: lock
SELECT id FROM customer WHERE id = 1 FOR UPDATE;

-- name: insert
INSERT INTO customer (email, name, is_active, created_at) VALUES ('a@b', 'A\'s', 1, NOW()), ('c@d', 'C', false, '2024-01-01');

-- name: insert_renamed
INSERT INTO orders (customer_id, total) SELECT id, 0 FROM customer;

-- name: insert_ignore
INSERT IGNORE INTO order_line (order_id, line, quantity) VALUES (1, 1, 2);

-- name: on_duplicate_key
INSERT INTO customer (id, email, visits) VALUES (1, 'a@b', 1) ON DUPLICATE KEY UPDATE visits = visits + VALUES(visits), is_active = 0;

-- name: on_duplicate_key_one_key
INSERT INTO order_line (order_id, line, quantity) VALUES (1, 1, 2) AS new ON DUPLICATE KEY UPDATE quantity = new.quantity;

-- name: on_duplicate_key_unknown
INSERT INTO orders (customer_id, total) VALUES (1, 2) ON DUPLICATE KEY UPDATE total = 3;

-- name: replace
REPLACE INTO order_line (order_id, line, quantity) VALUES (1, 1, 2);

-- name: update
UPDATE orders SET total = total * 1.1, is_gift = NOT is_gift, greeting = CONCAT(greeting, '!') WHERE state = 'new';

-- name: update_left_to_right
UPDATE customer SET visits = visits + 1, credit = visits * 2 WHERE id = 1;

-- name: update_join
UPDATE orders o JOIN customer c ON c.id = o.customer_id SET o.total = 0, o.greeting = c.name WHERE c.is_active = 0;

-- name: update_limit
UPDATE orders SET state = 'paid' WHERE state = 'new' ORDER BY placed_at LIMIT 10;

-- name: delete_join
DELETE l FROM order_line l INNER JOIN orders o ON o.id = l.order_id WHERE o.state = 'cancelled';

-- name: delete_limit
DELETE FROM order_line WHERE quantity = 0 LIMIT 5;

-- name: call
CALL close_month(1);
