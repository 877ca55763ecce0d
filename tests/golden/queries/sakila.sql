-- name: actors_by_name
-- expect: PROVEN
SELECT actor_id, first_name, last_name FROM actor WHERE last_name LIKE '%gen%' ORDER BY last_name, first_name, actor_id;
-- name: actor_upper
-- expect: PROVEN
SELECT UPPER(CONCAT(first_name, ' ', last_name)) AS `Actor Name` FROM actor;
-- name: last_name_counts
-- expect: PROVEN
SELECT last_name, COUNT(*) AS actor_count FROM actor GROUP BY last_name HAVING actor_count > 1 ORDER BY actor_count DESC, last_name;
-- name: ci_equal
-- expect: RISK
SELECT actor_id FROM actor WHERE first_name = 'Joe';
-- name: films_rating_order
-- expect: PROVEN
SELECT film_id, title, rating FROM film ORDER BY rating, title LIMIT 30;
-- name: films_by_rating
-- expect: PROVEN
SELECT rating, COUNT(*) FROM film GROUP BY rating ORDER BY rating;
-- name: special_features
-- expect: PROVEN
SELECT title FROM film WHERE FIND_IN_SET('Trailers', special_features) AND rental_duration = 6 ORDER BY title;
-- name: special_like
-- expect: PROVEN
SELECT COUNT(*) FROM film WHERE special_features LIKE '%Behind%';
-- name: loose_group
-- expect: PROVEN
SELECT c.customer_id, c.first_name, c.last_name, SUM(p.amount) AS total FROM customer c JOIN payment p ON p.customer_id = c.customer_id GROUP BY p.customer_id ORDER BY total DESC, c.customer_id LIMIT 5;
-- name: avg_int
-- expect: PROVEN
SELECT rating, AVG(length), AVG(rental_rate), AVG(length)/2, SUM(length)/COUNT(*) FROM film GROUP BY rating;
-- name: div
-- expect: PROVEN
SELECT film_id, length/7, length DIV 7, length % 7, rental_rate/3, replacement_cost*rental_rate/length FROM film WHERE film_id < 30;
-- name: store_active
-- expect: PROVEN
SELECT store_id, SUM(active) AS active, SUM(active = 0) AS inactive, AVG(active) FROM customer GROUP BY store_id;
-- name: active_bool
-- expect: PROVEN
SELECT customer_id FROM customer WHERE active AND store_id = 2 AND customer_id < 100;
-- name: not_active
-- expect: PROVEN
SELECT COUNT(*) FROM customer WHERE NOT active OR active = '0';
-- name: ifs
-- expect: PROVEN
SELECT customer_id, IF(active, 'yes', 'no') st, IF(active = 1, 1, 0) f, IFNULL(email, '') e, CASE active WHEN 1 THEN 'a' ELSE 'b' END FROM customer WHERE customer_id < 20;
-- name: datefmt
-- expect: PROVEN
SELECT DATE_FORMAT(rental_date, '%Y-%m') ym, COUNT(*) FROM rental GROUP BY ym ORDER BY ym;
-- name: datefmt2
-- expect: PROVEN
SELECT DATE_FORMAT(rental_date, '%W %M %e %Y %h:%i %p %j %y %b %a %c') FROM rental WHERE rental_id < 20;
-- name: dateparts
-- expect: PROVEN
SELECT YEAR(rental_date), MONTH(rental_date), DAY(rental_date), HOUR(rental_date), MINUTE(rental_date), SECOND(rental_date), DAYOFWEEK(rental_date), WEEKDAY(rental_date), DAYOFYEAR(rental_date), QUARTER(rental_date), WEEK(rental_date), WEEK(rental_date,1), WEEK(rental_date,3), YEARWEEK(rental_date,1), DAYNAME(rental_date), MONTHNAME(rental_date), LAST_DAY(rental_date), TO_DAYS(rental_date), DATE(rental_date), UNIX_TIMESTAMP(rental_date), EXTRACT(YEAR_MONTH FROM rental_date) FROM rental WHERE rental_id < 3000;
-- name: overdue
-- expect: PROVEN
SELECT COUNT(*) FROM rental r JOIN inventory i USING (inventory_id) JOIN film f USING (film_id) WHERE r.return_date > r.rental_date + INTERVAL f.rental_duration DAY;
-- name: overdue2
-- expect: PROVEN
SELECT CONCAT(c.last_name, ', ', c.first_name) AS customer, a.phone, f.title FROM rental r INNER JOIN customer c ON r.customer_id = c.customer_id INNER JOIN address a ON c.address_id = a.address_id INNER JOIN inventory i ON r.inventory_id = i.inventory_id INNER JOIN film f ON i.film_id = f.film_id WHERE r.return_date IS NULL AND rental_date + INTERVAL f.rental_duration DAY < CURRENT_DATE() ORDER BY title, customer LIMIT 5;
-- name: tsdiff
-- expect: PROVEN
SELECT rental_id, DATEDIFF(return_date, rental_date) d, TIMESTAMPDIFF(HOUR, rental_date, return_date) h, TIMESTAMPDIFF(DAY, rental_date, return_date), TIMESTAMPDIFF(MONTH, rental_date, '2006-03-01'), TIMESTAMPDIFF(YEAR,'2000-06-01',rental_date), TIMESTAMPDIFF(MINUTE, return_date, rental_date), TIMESTAMPDIFF(SECOND, rental_date, return_date), TIMESTAMPDIFF(WEEK, rental_date, return_date) FROM rental WHERE rental_id < 200 ORDER BY d DESC, rental_id;
-- name: dateadds
-- expect: PROVEN
SELECT DATE_ADD(rental_date, INTERVAL 1 MONTH), DATE_SUB(rental_date, INTERVAL '3' HOUR), ADDDATE(DATE(rental_date), 5), DATE(rental_date) + INTERVAL 2 WEEK, DATE_ADD(DATE(rental_date), INTERVAL 1 HOUR), TIMESTAMPADD(QUARTER, 1, rental_date), '2020-01-31' + INTERVAL 1 MONTH > '2020-02-28' FROM rental WHERE rental_id < 50;
-- name: group_concat
-- expect: PROVEN
SELECT f.film_id, GROUP_CONCAT(CONCAT(a.first_name, ' ', a.last_name) ORDER BY a.last_name, a.first_name SEPARATOR ', ') actors FROM film f JOIN film_actor fa ON fa.film_id = f.film_id JOIN actor a ON a.actor_id = fa.actor_id WHERE f.film_id < 40 GROUP BY f.film_id;
-- name: group_concat_distinct
-- expect: RISK
SELECT store_id, GROUP_CONCAT(DISTINCT rating ORDER BY rating) FROM inventory JOIN film USING (film_id) GROUP BY store_id;
-- name: group_concat_ids
-- expect: PROVEN
SELECT customer_id, GROUP_CONCAT(rental_id ORDER BY rental_id DESC) FROM rental WHERE customer_id < 5 GROUP BY customer_id;
-- name: nulls_order
-- expect: PROVEN
SELECT rental_id, return_date FROM rental WHERE rental_id > 15900 ORDER BY return_date, rental_id LIMIT 20;
-- name: nulls_order_desc
-- expect: PROVEN
SELECT rental_id, return_date FROM rental WHERE rental_id > 15900 ORDER BY return_date DESC, rental_id LIMIT 20;
-- name: limit_comma
-- expect: PROVEN
SELECT film_id FROM film ORDER BY film_id LIMIT 10, 5;
-- name: straight
-- expect: PROVEN
SELECT STRAIGHT_JOIN f.title FROM film f FORCE INDEX (PRIMARY) INNER JOIN language l WHERE f.language_id = l.language_id AND l.name = 'English' ORDER BY f.film_id LIMIT 3;
-- name: having_nogroup
-- expect: PROVEN
SELECT film_id, length * 2 AS dbl FROM film HAVING dbl > 360 ORDER BY film_id;
-- name: order_alias_expr
-- expect: PROVEN
SELECT film_id, length AS len FROM film ORDER BY len + film_id DESC, film_id LIMIT 10;
-- name: count_distinct_two
-- expect: PROVEN
SELECT COUNT(DISTINCT customer_id, staff_id), COUNT(DISTINCT customer_id) FROM payment;
-- name: rollup
-- expect: PROVEN
SELECT rating, rental_duration, COUNT(*) FROM film GROUP BY rating, rental_duration WITH ROLLUP;
-- name: nullsafe
-- expect: PROVEN
SELECT COUNT(*) FROM rental WHERE return_date <=> NULL;
-- name: xor
-- expect: PROVEN
SELECT COUNT(*) FROM customer WHERE active XOR store_id = 1;
-- name: regexp
-- expect: PROVEN
SELECT actor_id FROM actor WHERE last_name REGEXP '^(mc|ke)' ORDER BY actor_id;
-- name: regexp_not
-- expect: PROVEN
SELECT COUNT(*) FROM actor WHERE last_name NOT REGEXP 'a$';
-- name: like_escape
-- expect: PROVEN
SELECT COUNT(*) FROM customer WHERE email LIKE '%\_%' OR email LIKE '%|.%' ESCAPE '|';
-- name: binary_cmp
-- expect: PROVEN
SELECT COUNT(*) FROM actor WHERE BINARY last_name = 'Berry';
-- name: collate_cmp
-- expect: PROVEN
SELECT COUNT(*) FROM actor WHERE last_name COLLATE utf8_bin = 'BERRY';
-- name: length
-- expect: PROVEN
SELECT LENGTH(title), CHAR_LENGTH(description), SUBSTRING(title, 2, 3), SUBSTRING(title, -4), LEFT(title, 3), RIGHT(title,2), LOCATE('an', title), INSTR(title, 'O'), SUBSTRING_INDEX(title,' ',1), SUBSTRING_INDEX(title,' ',-1), SUBSTRING_INDEX(description,' ',3), SUBSTRING_INDEX(description,' ',-2), LPAD(film_id,5,'0'), REPEAT('x', 3), REVERSE(title), MD5(title), HEX(title), HEX(film_id), SHA2(title,256), REPLACE(title,'A','*'), TRIM(LEADING 'A' FROM title), LOWER(title), CONCAT_WS('-', film_id, rating, NULL, title), FIELD(rating,'G','PG'), ELT(1,'a','b'), STRCMP(rating,'PG'), SPACE(2), ASCII(title), FORMAT(replacement_cost*1000,2), CONCAT(rental_rate, '|', length, '|', last_update, '|', release_year) FROM film WHERE film_id < 100;
-- name: nums
-- expect: PROVEN
SELECT ROUND(rental_rate*1.175,1), ROUND(length/7), ROUND(length/7,2), TRUNCATE(rental_rate*1.177,2), FLOOR(rental_rate), CEIL(rental_rate), ABS(-rental_rate), MOD(length,7), POW(length,2), SQRT(length), LOG(length), LOG10(length), LN(length), GREATEST(length, rental_duration, 100), LEAST(length,100), SIGN(rental_rate-2), -rental_rate, length & 3 | 4, length ^ 5, length << 2 FROM film WHERE film_id < 100;
-- name: casts
-- expect: PROVEN
SELECT CAST(rental_rate AS SIGNED), CAST(length AS CHAR), CAST('12' AS UNSIGNED), CAST(rental_rate AS DECIMAL(6,1)), CAST('2020-01-02' AS DATE), CAST(last_update AS DATE), CONVERT(title USING utf8mb4), CONVERT(length, CHAR(2)), CAST(length AS DECIMAL) FROM film WHERE film_id < 20;
-- name: int_vs_string
-- expect: PROVEN
SELECT COUNT(*) FROM film WHERE length > '100' AND film_id IN ('1','2','3',4,5);
-- name: date_time_literal
-- expect: PROVEN
SELECT COUNT(*) FROM customer WHERE create_date >= '2006-02-14 22:04:36';
-- name: date_literal
-- expect: PROVEN
SELECT COUNT(*) FROM payment WHERE payment_date BETWEEN '2005-06-01' AND '2005-06-30';
-- name: date_func
-- expect: PROVEN
SELECT COUNT(*) FROM payment WHERE DATE(payment_date) = '2005-06-15' OR payment_date LIKE '2005-07-1%';
-- name: year_col
-- expect: PROVEN
SELECT release_year, COUNT(*) FROM film WHERE release_year = 2006 GROUP BY release_year;
-- name: view_customer_list
-- expect: PROVEN
SELECT * FROM customer_list WHERE country = 'France' ORDER BY ID;
-- name: view_sales
-- expect: PROVEN
SELECT * FROM sales_by_store;
-- name: view_film_list
-- expect: PROVEN
SELECT FID, title, category, price, length FROM film_list WHERE FID < 50 ORDER BY FID;
-- name: view_staff
-- expect: PROVEN
SELECT * FROM staff_list;
-- name: view_cat
-- expect: PROVEN
SELECT * FROM sales_by_film_category;
-- name: subq
-- expect: PROVEN
SELECT title FROM film WHERE film_id IN (SELECT film_id FROM inventory GROUP BY film_id HAVING COUNT(*) > 7) ORDER BY title;
-- name: exists
-- expect: PROVEN
SELECT COUNT(*) FROM customer c WHERE EXISTS (SELECT * FROM payment p WHERE p.customer_id = c.customer_id AND p.amount > 11);
-- name: scalar_sub
-- expect: PROVEN
SELECT title, (SELECT COUNT(*) FROM inventory i WHERE i.film_id = f.film_id) AS copies FROM film f WHERE film_id < 20 ORDER BY copies DESC, title;
-- name: derived
-- expect: PROVEN
SELECT AVG(x.cnt) FROM (SELECT COUNT(*) AS cnt FROM rental GROUP BY customer_id) x;
-- name: derived_div
-- expect: PROVEN
SELECT x.r, x.r * 3 FROM (SELECT SUM(length)/COUNT(*) AS r FROM film GROUP BY rating) x;
-- name: union
-- expect: PROVEN
SELECT first_name FROM actor WHERE actor_id < 5 UNION SELECT first_name FROM customer WHERE customer_id < 5 ORDER BY first_name;
-- name: cte
-- expect: PROVEN
WITH t AS (SELECT customer_id, SUM(amount) s FROM payment GROUP BY customer_id) SELECT customer_id, s FROM t WHERE s > 180 ORDER BY s DESC;
-- name: recursive
-- expect: PROVEN
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i, i/3 FROM n;
-- name: window
-- expect: PROVEN
SELECT customer_id, amount, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY amount DESC, payment_id) rn, SUM(amount) OVER (PARTITION BY customer_id) FROM payment WHERE customer_id < 4;
-- name: rank_name
-- expect: PROVEN
SELECT last_name, RANK() OVER (ORDER BY last_name) FROM actor WHERE actor_id < 30;
-- name: update_where
-- expect: PLANS
UPDATE customer SET active = 0, last_update = NOW() WHERE customer_id = 5;
-- name: update_expr
-- expect: PLANS
UPDATE film SET rental_duration = rental_duration + 1, length = rental_duration * 2 WHERE title LIKE 'a%';
-- name: update_join
-- expect: PLANS
UPDATE film f JOIN language l ON l.language_id = f.language_id SET f.title = CONCAT(f.title, '!'), f.rating = 'G' WHERE l.name = 'English';
-- name: delete_limit
-- expect: PLANS
DELETE FROM payment WHERE amount < 1 ORDER BY payment_date LIMIT 10;
-- name: delete_join
-- expect: PLANS
DELETE p FROM payment p INNER JOIN rental r ON r.rental_id = p.rental_id WHERE r.return_date IS NULL;
-- name: insert
-- expect: PLANS
INSERT INTO actor (first_name, last_name) VALUES ('A\'b', "C\\d");
-- name: insert_bool
-- expect: PLANS
INSERT INTO customer (store_id, first_name, last_name, email, address_id, active, create_date) VALUES (1,'a','b',NULL,1,1,NOW());
-- name: insert_ignore
-- expect: PLANS
INSERT IGNORE INTO film_actor (actor_id, film_id) VALUES (1, 1), (1, 2);
-- name: upsert
-- expect: PLANS
INSERT INTO language (language_id, name) VALUES (1, 'Eng') ON DUPLICATE KEY UPDATE name = VALUES(name), last_update = NOW();
-- name: upsert_alias
-- expect: PLANS
INSERT INTO film_actor (actor_id, film_id, last_update) VALUES (1, 1, '2020-01-01') AS new ON DUPLICATE KEY UPDATE last_update = new.last_update;
-- name: replace
-- expect: PLANS
REPLACE INTO language (language_id, name) VALUES (1, 'English');
-- name: insert_select
-- expect: PLANS
INSERT INTO film_text (film_id, title, description) SELECT film_id, title, description FROM film WHERE film_id > 2000;
-- name: zero_date
-- expect: MANUAL
SELECT COUNT(*) FROM rental WHERE return_date = '0000-00-00';
-- name: match
-- expect: MANUAL
SELECT film_id FROM film_text WHERE MATCH(title, description) AGAINST ('dinosaur');
-- name: uservar
-- expect: MANUAL
SELECT @r := @r + 1, title FROM film, (SELECT @r := 0) x LIMIT 3;
-- name: greatest_null
-- expect: PROVEN
SELECT COUNT(*) FROM rental WHERE GREATEST(return_date, rental_date) > '2005-06-01';
-- name: distinct_order
-- expect: PROVEN
SELECT DISTINCT last_name FROM actor ORDER BY last_name LIMIT 20;
-- name: distinct_rating
-- expect: PROVEN
SELECT DISTINCT rating FROM film ORDER BY rating;
-- name: star_join
-- expect: PROVEN
SELECT * FROM film_category fc JOIN category c ON c.category_id = fc.category_id WHERE fc.film_id < 5 ORDER BY fc.film_id;
-- name: natural
-- expect: PROVEN
SELECT COUNT(*) FROM film NATURAL JOIN film_category;
-- name: left_null
-- expect: PROVEN
SELECT f.film_id, f.title FROM film f LEFT JOIN inventory i ON i.film_id = f.film_id WHERE i.inventory_id IS NULL ORDER BY f.film_id;
-- name: bool_col_math
-- expect: PROVEN
SELECT active + 1, active * 2, active IS TRUE, active IS NOT FALSE, active IN (0,1), !active FROM customer WHERE customer_id < 10;
-- name: any_comma
-- expect: PROVEN
SELECT COUNT(*) FROM store s, staff t WHERE s.manager_staff_id = t.staff_id;
-- name: min_max
-- expect: RISK
SELECT MIN(active), MAX(active), MIN(rating), MAX(rating), MIN(title), MAX(film.last_update), STDDEV(length), VARIANCE(rental_rate), STD(amount) FROM customer, film, payment WHERE customer.customer_id < 3 AND film.film_id < 5 AND payment_id < 5;
-- name: coalesce_mixed
-- expect: PROVEN
SELECT COALESCE(original_language_id, 'none'), IFNULL(return_date, 'open'), IFNULL(return_date, '2020-01-01'), NULLIF(rental_duration, 3) FROM film, rental WHERE film_id = 1 AND rental_id IN (1, 11496);
-- name: unix
-- expect: PROVEN
SELECT FROM_UNIXTIME(1130000000), UNIX_TIMESTAMP('2005-10-22 16:53:20'), STR_TO_DATE('05/15/2020','%m/%d/%Y'), STR_TO_DATE('2020-05-15 10:11:12','%Y-%m-%d %H:%i:%s'), SEC_TO_TIME(3661), TIME_TO_SEC('01:01:01'), MAKEDATE(2020,60), TIME('2020-01-01 10:11:12'), DATE('2020-01-01 10:11:12');
-- name: now
-- expect: PLANS
SELECT NOW(), CURDATE(), NOW() - INTERVAL 1 DAY < NOW(), UTC_TIMESTAMP() <= NOW() + INTERVAL 1 DAY;
-- name: db
-- expect: MANUAL
SELECT COUNT(*) FROM sakila.film WHERE sakila.film.film_id < 10;
-- name: cross_join_left
-- expect: PROVEN
SELECT COUNT(*) FROM store JOIN language LEFT JOIN film ON film.film_id = store.store_id AND film.language_id = language.language_id;
-- name: not_in_null
-- expect: PROVEN
SELECT COUNT(*) FROM rental WHERE rental_id NOT IN (SELECT rental_id FROM payment WHERE rental_id IS NOT NULL);
-- name: case_when_num
-- expect: PROVEN
SELECT CASE WHEN length THEN 'has' ELSE 'none' END, COUNT(*) FROM film GROUP BY 1;
-- name: pic
-- expect: PROVEN
SELECT staff_id, LENGTH(picture), username FROM staff;
-- name: eq_chain
-- expect: PROVEN
SELECT COUNT(*) FROM film WHERE (length > 100) = (rental_rate > 2);
-- name: for_update
-- expect: PLANS
SELECT * FROM film WHERE film_id = 1 FOR UPDATE;
-- name: hexlit
-- expect: PROVEN
SELECT COUNT(*) FROM staff WHERE username = X'4D696B65';
-- name: count_if
-- expect: PROVEN
SELECT COUNT(IF(amount > 5, 1, NULL)), COUNT(amount > 5 OR NULL), SUM(IF(amount > 5, amount, 0)) / COUNT(*), AVG(amount) > 4 FROM payment;
