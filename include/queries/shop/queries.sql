-- The shop's read queries, in the application's MySQL dialect: one statement under each name.

-- name: order_by_id
SELECT id, customer_id, state, total, currency, placed_at FROM orders WHERE id = 42;

-- name: lines_of_order
SELECT l.line, p.sku, p.title, l.quantity, l.unit_price, l.quantity * l.unit_price AS amount
FROM order_line l JOIN product p ON p.id = l.product_id
WHERE l.order_id = 42
ORDER BY l.line;

-- name: top_customers
SELECT c.id, c.name, COUNT(*) AS order_count, SUM(o.total) AS revenue
FROM customer c JOIN orders o ON o.customer_id = c.id
WHERE o.state NOT IN ('cancelled', 'returned') AND o.placed_at < '2024-01-01'
GROUP BY c.id, c.name
ORDER BY revenue DESC, c.id
LIMIT 10;

-- name: orders_per_month
SELECT DATE_FORMAT(placed_at, '%Y-%m') AS month, COUNT(*) AS order_count, ROUND(AVG(total), 2) AS average_total
FROM orders
WHERE placed_at >= '2022-01-01' AND placed_at < '2024-01-01'
GROUP BY DATE_FORMAT(placed_at, '%Y-%m')
ORDER BY month;

-- name: second_page_of_products
SELECT `id`, `sku`, `price` FROM `product` WHERE `is_listed` = 1 ORDER BY `price` DESC, `id` LIMIT 20, 20;

-- name: products_by_word
SELECT id, title FROM product WHERE title LIKE '%lamp%' ORDER BY id LIMIT 20;

-- name: category_tree
SELECT parent.id AS parent_id, IFNULL(parent.slug, '(root)') AS parent_slug, child.id, child.slug
FROM category child LEFT JOIN category parent ON parent.id = child.parent_id
ORDER BY child.id;

-- name: stock_to_reorder
SELECT s.product_id, s.warehouse, s.quantity, s.reorder_at
FROM stock s
WHERE s.reorder_at IS NOT NULL AND s.quantity < s.reorder_at
ORDER BY s.product_id, s.warehouse
LIMIT 50;

-- name: average_stars
SELECT product_id, COUNT(*) AS review_count, ROUND(AVG(stars), 2) AS average_stars, MAX(helpful) AS most_helpful
FROM review
GROUP BY product_id
HAVING COUNT(*) >= 3
ORDER BY average_stars DESC, product_id
LIMIT 20;

-- name: customers_without_orders
SELECT c.id, c.email
FROM customer c
WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)
ORDER BY c.id
LIMIT 25;

-- name: payment_methods
SELECT method, COUNT(*) AS payment_count, SUM(amount) AS amount, SUM(IF(paid_at IS NULL, 1, 0)) AS open_count
FROM payment
GROUP BY method
ORDER BY payment_count DESC, amount DESC;

-- name: latest_rate_of_each_currency
SELECT r.currency, r.valid_on, r.rate
FROM exchange_rate r
JOIN (SELECT currency, MAX(valid_on) AS last_day FROM exchange_rate GROUP BY currency) latest
    ON latest.currency = r.currency AND latest.last_day = r.valid_on
ORDER BY r.currency;

-- name: adults
SELECT COUNT(*) AS adult_count FROM customer
WHERE born_on IS NOT NULL AND DATE_ADD(born_on, INTERVAL 18 YEAR) <= '2025-01-01';

-- name: revenue_with_tax
SELECT p.category_id, SUM(l.quantity * p.price_with_tax) AS revenue, SUM(l.quantity * l.unit_price * l.discount) AS discounts
FROM order_line l JOIN product p ON p.id = l.product_id
WHERE l.order_id <= 5000
GROUP BY p.category_id
ORDER BY p.category_id;

-- name: preferred_language
SELECT JSON_UNQUOTE(JSON_EXTRACT(preferences, '$.language')) AS language, COUNT(*) AS customer_count
FROM customer
WHERE preferences IS NOT NULL
GROUP BY JSON_UNQUOTE(JSON_EXTRACT(preferences, '$.language'))
ORDER BY customer_count DESC, language;

-- name: summary_of_orders
SELECT order_id, state, total, line_count, piece_count FROM order_summary WHERE order_id BETWEEN 100 AND 120 ORDER BY order_id;
