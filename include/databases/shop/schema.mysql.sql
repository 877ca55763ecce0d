-- The sample shop, for MariaDB and MySQL: twelve tables with the types that make migrations awkward.
-- Runs in the database that is chosen; can be run by hand:  mariadb shop < schema.mysql.sql

SET foreign_key_checks = 0;

-- A tree: the foreign key points at its own table.
CREATE TABLE category (
    id          SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    parent_id   SMALLINT UNSIGNED NULL,
    name        VARCHAR(80)       NOT NULL,
    slug        VARCHAR(80)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    position    TINYINT UNSIGNED  NOT NULL DEFAULT 0,
    UNIQUE KEY category_slug (slug),
    KEY category_parent (parent_id),
    CONSTRAINT category_parent_fk FOREIGN KEY (parent_id) REFERENCES category (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- From the shop's first years, when text was latin1.
CREATE TABLE supplier (
    id          INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name        VARCHAR(120) CHARACTER SET latin1 NOT NULL,
    terms       TEXT         CHARACTER SET latin1 NULL,
    country     CHAR(2)      CHARACTER SET ascii  NOT NULL,
    founded     YEAR         NULL,
    opens_at    TIME         NULL,
    time_zone_shift TIME     NULL,
    rating      DOUBLE       NULL,
    delivers_on SET ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun') NOT NULL DEFAULT 'mon,tue,wed,thu,fri',
    KEY supplier_country (country)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE product (
    id             INT UNSIGNED      NOT NULL AUTO_INCREMENT PRIMARY KEY,
    category_id    SMALLINT UNSIGNED NOT NULL,
    supplier_id    INT UNSIGNED      NOT NULL,
    sku            VARCHAR(32)       NOT NULL,
    title          VARCHAR(200)      NOT NULL,
    description    MEDIUMTEXT        NULL,
    price          DECIMAL(10, 2)    NOT NULL,
    tax_rate       DECIMAL(5, 4)     NOT NULL DEFAULT 0.2000,
    price_with_tax DECIMAL(14, 4)    GENERATED ALWAYS AS (ROUND(price * (1 + tax_rate), 4)) STORED,
    weight_kg      FLOAT             NULL,
    popularity     DOUBLE            NULL,
    flags          BIT(8)            NOT NULL DEFAULT b'00000000',
    attributes     JSON              NULL,
    thumbnail      BLOB              NULL,
    is_listed      TINYINT(1)        NOT NULL DEFAULT 1,
    listed_on      DATE              NULL,
    UNIQUE KEY product_sku (sku),
    KEY product_category (category_id, price DESC),
    KEY product_supplier (supplier_id),
    CONSTRAINT product_category_fk FOREIGN KEY (category_id) REFERENCES category (id),
    CONSTRAINT product_supplier_fk FOREIGN KEY (supplier_id) REFERENCES supplier (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- A composite primary key.
CREATE TABLE stock (
    product_id  INT UNSIGNED       NOT NULL,
    warehouse   SMALLINT           NOT NULL,
    quantity    INT UNSIGNED       NOT NULL DEFAULT 0,
    reorder_at  MEDIUMINT UNSIGNED NULL,
    shelf_life  TIME               NULL,
    counted_at  TIMESTAMP          NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (product_id, warehouse),
    CONSTRAINT stock_product_fk FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- customer and address point at each other.
CREATE TABLE customer (
    id                 BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    public_id          BINARY(16)      NOT NULL,
    email              VARCHAR(190)    NOT NULL,
    name               VARCHAR(120)    NOT NULL,
    born_on            DATE            NULL,
    is_company         TINYINT(1)      NOT NULL DEFAULT 0,
    accepts_mail       TINYINT(1)      NULL,
    credit_limit       DECIMAL(12, 2)  NOT NULL DEFAULT 0,
    interests          SET ('books', 'garden', 'music', 'sport', 'tools') NOT NULL DEFAULT '',
    preferences        JSON            NULL,
    note               TEXT            NULL,
    default_address_id BIGINT UNSIGNED NULL,
    created_at         DATETIME(6)     NOT NULL,
    updated_at         TIMESTAMP       NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    UNIQUE KEY customer_public_id (public_id),
    UNIQUE KEY customer_email (email),
    KEY customer_name (name),
    KEY customer_default_address (default_address_id),
    CONSTRAINT customer_default_address_fk
        FOREIGN KEY (default_address_id) REFERENCES address (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE address (
    id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id BIGINT UNSIGNED NOT NULL,
    kind        ENUM ('billing', 'shipping', 'pick-up point') NOT NULL DEFAULT 'shipping',
    street      VARCHAR(200)    NOT NULL,
    city        VARCHAR(100)    NOT NULL,
    postcode    VARCHAR(16)     NOT NULL DEFAULT '',
    country     CHAR(2)         CHARACTER SET ascii NOT NULL,
    KEY address_customer (customer_id),
    KEY address_city (country, city(20)),
    CONSTRAINT address_customer_fk FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE orders (
    id                  BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id         BIGINT UNSIGNED NOT NULL,
    shipping_address_id BIGINT UNSIGNED NULL,
    state               ENUM ('new', 'paid', 'packed', 'shipped', 'returned', 'cancelled') NOT NULL DEFAULT 'new',
    total               DECIMAL(14, 2)  NOT NULL DEFAULT 0,
    currency            CHAR(3)         CHARACTER SET ascii NOT NULL DEFAULT 'EUR',
    is_gift             TINYINT(1)      NOT NULL DEFAULT 0,
    greeting            VARCHAR(500)    NULL,
    version             INT UNSIGNED    NOT NULL DEFAULT 1,
    placed_at           DATETIME(6)     NOT NULL,
    shipped_at          DATETIME(6)     NULL,
    KEY orders_customer (customer_id, placed_at),
    KEY orders_state (state, placed_at),
    KEY orders_shipping_address (shipping_address_id),
    CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT orders_shipping_address_fk
        FOREIGN KEY (shipping_address_id) REFERENCES address (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE order_line (
    order_id   BIGINT UNSIGNED   NOT NULL,
    line       TINYINT UNSIGNED  NOT NULL,
    product_id INT UNSIGNED      NOT NULL,
    quantity   SMALLINT UNSIGNED NOT NULL,
    unit_price DECIMAL(10, 2)    NOT NULL,
    discount   DOUBLE            NOT NULL DEFAULT 0,
    wrapping   VARCHAR(40)       NULL,
    PRIMARY KEY (order_id, line),
    KEY order_line_product (product_id),
    CONSTRAINT order_line_order_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT order_line_product_fk FOREIGN KEY (product_id) REFERENCES product (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE payment (
    id               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id         BIGINT UNSIGNED NOT NULL,
    method           ENUM ('card', 'transfer', 'invoice', 'gift card') NOT NULL,
    amount           DECIMAL(14, 2)  NOT NULL,
    fee              FLOAT           NOT NULL DEFAULT 0,
    reference        BIGINT UNSIGNED NULL,
    card_fingerprint BINARY(16)      NULL,
    gateway_answer   JSON            NULL,
    receipt          MEDIUMBLOB      NULL,
    paid_at          TIMESTAMP(6)    NULL,
    KEY payment_order (order_id),
    KEY payment_paid_at (paid_at),
    CONSTRAINT payment_order_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE review (
    id          INT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
    product_id  INT UNSIGNED NOT NULL,
    customer_id BIGINT UNSIGNED NOT NULL,
    stars       TINYINT      NOT NULL,
    title       VARCHAR(120) CHARACTER SET latin1 NOT NULL DEFAULT '',
    body        TEXT         NULL,
    helpful     INT          NOT NULL DEFAULT 0,
    written_at  DATETIME(3)  NOT NULL,
    KEY review_product (product_id),
    KEY review_customer (customer_id),
    CONSTRAINT review_stars CHECK (stars BETWEEN 1 AND 5),
    CONSTRAINT review_product_fk FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE,
    CONSTRAINT review_customer_fk FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- No primary key: the unique key must do.
CREATE TABLE exchange_rate (
    currency CHAR(3)         CHARACTER SET ascii NOT NULL,
    valid_on DATE            NOT NULL,
    rate     DECIMAL(18, 8)  NOT NULL,
    source   VARCHAR(40)     NULL,
    UNIQUE KEY exchange_rate_day (currency, valid_on)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- What happened, one row per transaction of the application; the token tells it again after an unclear commit.
CREATE TABLE order_event (
    id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    token       CHAR(36)        CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id    BIGINT UNSIGNED NULL,
    kind        VARCHAR(30)     NOT NULL,
    detail      JSON            NULL,
    happened_at DATETIME(6)     NOT NULL,
    UNIQUE KEY order_event_token (token),
    KEY order_event_order (order_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

SET foreign_key_checks = 1;

CREATE VIEW order_summary AS
SELECT
    o.id AS order_id,
    c.name AS customer_name,
    o.state AS state,
    o.total AS total,
    COUNT(l.line) AS line_count,
    SUM(l.quantity) AS piece_count
FROM orders o
INNER JOIN customer c ON c.id = o.customer_id
LEFT JOIN order_line l ON l.order_id = o.id
GROUP BY o.id, c.name, o.state, o.total;

-- Replaced on PostgreSQL by triggers.postgres.sql.
CREATE TRIGGER orders_stamp_shipping BEFORE UPDATE ON orders FOR EACH ROW
SET NEW.shipped_at = IF(NEW.state = 'shipped' AND NEW.shipped_at IS NULL, NOW(6), NEW.shipped_at);
