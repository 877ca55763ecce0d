-- name: a
-- expect: PROVEN
SELECT album_id, title FROM album WHERE title ILIKE '%rock%' ORDER BY album_id;
-- name: b
-- expect: PROVEN
SELECT customer_id, first_name || ' ' || last_name AS name FROM customer WHERE country = 'USA' ORDER BY customer_id;
-- name: intdiv
-- expect: PROVEN
SELECT track_id, milliseconds / 1000, milliseconds / 1000.0, milliseconds % 7, bytes / nullif(milliseconds,0) FROM track WHERE track_id < 20 ORDER BY 1;
-- name: avg
-- expect: PROVEN
SELECT genre_id, avg(milliseconds), sum(unit_price), count(*) FILTER (WHERE composer IS NULL) FROM track GROUP BY genre_id ORDER BY genre_id;
-- name: months
-- expect: PROVEN
SELECT date_trunc('month', invoice_date) AS m, sum(total) FROM invoice GROUP BY 1 ORDER BY 1 LIMIT 8;
-- name: to_char
-- expect: PROVEN
SELECT to_char(invoice_date, 'YYYY-MM') AS m, count(*) FROM invoice GROUP BY 1 ORDER BY 1;
-- name: interval
-- expect: PROVEN
SELECT invoice_id, invoice_date + interval '1 month 3 days', invoice_date - interval '2 hours', invoice_date::date, invoice_date::date + 5, invoice_date::date - '2009-01-01'::date FROM invoice WHERE invoice_id < 10 ORDER BY invoice_id;
-- name: extract
-- expect: PROVEN
SELECT extract(year from invoice_date), extract(dow from invoice_date), extract(doy from invoice_date), extract(week from invoice_date), extract(epoch from invoice_date), date_part('month', invoice_date) FROM invoice WHERE invoice_id < 50 ORDER BY invoice_id;
-- name: nulls
-- expect: PROVEN
SELECT employee_id, reports_to FROM employee ORDER BY reports_to, employee_id;
-- name: nulls2
-- expect: PROVEN
SELECT employee_id, reports_to FROM employee ORDER BY reports_to DESC, employee_id;
-- name: nulls3
-- expect: PROVEN
SELECT employee_id, reports_to FROM employee ORDER BY reports_to DESC NULLS LAST, employee_id;
-- name: like
-- expect: PROVEN
SELECT count(*) FROM track WHERE name LIKE '%love%';
-- name: like_ci
-- expect: PROVEN
SELECT count(*) FROM track WHERE name ILIKE '%love%';
-- name: re
-- expect: PROVEN
SELECT count(*) FROM track WHERE name ~ '^[A-C].*e$';
-- name: re_ci
-- expect: PROVEN
SELECT count(*) FROM track WHERE name ~* '^[a-c].*E$' AND name !~ 'q';
-- name: string_agg
-- expect: PROVEN
SELECT album_id, string_agg(name, '; ' ORDER BY track_id) FROM track WHERE album_id < 5 GROUP BY album_id ORDER BY album_id;
-- name: distinct_on
-- expect: PROVEN
SELECT DISTINCT ON (customer_id) customer_id, invoice_id, total FROM invoice ORDER BY customer_id, total DESC, invoice_id;
-- name: casts
-- expect: PROVEN
SELECT total::int, total::text, '12'::int, invoice_id::text || 'x', total::numeric(10,1), (total > 5)::int, (total>5)::text FROM invoice WHERE invoice_id < 20 ORDER BY invoice_id;
-- name: any
-- expect: PROVEN
SELECT name FROM genre WHERE genre_id = ANY(ARRAY[1,2,3]) ORDER BY genre_id;
-- name: concat_null
-- expect: PROVEN
SELECT concat(company, '-', fax), coalesce(company, 'none'), greatest(company, fax), company IS DISTINCT FROM fax FROM customer WHERE customer_id < 10 ORDER BY customer_id;
-- name: fetch
-- expect: PROVEN
SELECT genre_id FROM genre ORDER BY genre_id OFFSET 3 FETCH FIRST 4 ROWS ONLY;
-- name: offset_only
-- expect: PROVEN
SELECT genre_id FROM genre ORDER BY genre_id OFFSET 20;
-- name: lower_names
-- expect: PROVEN
SELECT Count(*) AS Total FROM "genre";
-- name: upsert
-- expect: PLANS
INSERT INTO genre (genre_id, name) VALUES (1, 'Rock') ON CONFLICT (genre_id) DO UPDATE SET name = EXCLUDED.name || genre.name;
-- name: nothing
-- expect: PLANS
INSERT INTO genre (genre_id, name) VALUES (1, 'Rock') ON CONFLICT DO NOTHING;
-- name: upd_from
-- expect: PLANS
UPDATE track SET unit_price = unit_price + 1 FROM album WHERE album.album_id = track.album_id AND album.title = 'x';
-- name: del_using
-- expect: PLANS
DELETE FROM playlist_track USING playlist WHERE playlist.playlist_id = playlist_track.playlist_id AND playlist.name = 'x';
-- name: returning
-- expect: MANUAL
INSERT INTO genre (genre_id, name) VALUES (99, 'x') RETURNING genre_id;
-- name: full
-- expect: MANUAL
SELECT count(*) FROM album FULL JOIN artist ON album.artist_id = artist.artist_id;
-- name: window
-- expect: PROVEN
SELECT invoice_id, sum(total) OVER (PARTITION BY customer_id ORDER BY invoice_id), row_number() OVER (ORDER BY total DESC, invoice_id) FROM invoice WHERE invoice_id < 30 ORDER BY invoice_id;
-- name: strings
-- expect: MANUAL
SELECT length(name), upper(name), substring(name from 2 for 3), position('o' in name), strpos(name,'a'), left(name,2), split_part(name,' ',1), lpad(name, 5), md5(name), replace(name,'o','0'), initcap(name) FROM genre ORDER BY genre_id;
-- name: strings2
-- expect: PROVEN
SELECT length(name), upper(name), substring(name from 2 for 3), position('o' in name), strpos(name,'A'), left(name,2), split_part(name,' ',1), lpad(name, 5), md5(name), replace(name,'o','0'), btrim(name), trunc(2.567,1), round(2.345,2), log(100), ln(2.0), power(2,3), 2^3 FROM genre ORDER BY genre_id;
-- name: now
-- expect: PROVEN
SELECT now() > '2020-01-01', current_date > '2020-01-01';
-- name: rollup
-- expect: PROVEN
SELECT billing_country, billing_city, sum(total) FROM invoice WHERE customer_id < 6 GROUP BY ROLLUP (billing_country, billing_city);
-- name: epoch
-- expect: PROVEN
SELECT extract(epoch from (max(invoice_date) - min(invoice_date))) FROM invoice;
-- name: diff
-- expect: MANUAL
SELECT max(invoice_date) - min(invoice_date) FROM invoice;
-- name: backslash
-- expect: PROVEN
SELECT count(*) FROM track WHERE name LIKE '%\%%' OR name = 'a\b';
-- name: bools
-- expect: PROVEN
SELECT total > 5 AS big, NOT (total > 5), (total > 5) IS TRUE FROM invoice WHERE invoice_id < 9 ORDER BY invoice_id;
-- name: cte
-- expect: PROVEN
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 5) SELECT i, i/2 FROM n;
-- name: order_text
-- expect: PROVEN
SELECT last_name FROM customer ORDER BY last_name;
