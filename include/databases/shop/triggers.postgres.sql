-- What the shop's MySQL trigger orders_stamp_shipping does, written by hand for PostgreSQL: triggers are not translated.
-- Runs after the tables exist; runs again without harm.

CREATE OR REPLACE FUNCTION shop.orders_stamp_shipping() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'shipped' AND NEW.shipped_at IS NULL THEN
        NEW.shipped_at := clock_timestamp() AT TIME ZONE 'UTC';
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS orders_stamp_shipping ON shop.orders;

CREATE TRIGGER orders_stamp_shipping BEFORE UPDATE ON shop.orders
FOR EACH ROW EXECUTE FUNCTION shop.orders_stamp_shipping();
