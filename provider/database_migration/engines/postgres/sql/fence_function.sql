-- What the fence's triggers run. Our applier sets database_migration.applier in its session.
CREATE OR REPLACE FUNCTION database_migration.fence() RETURNS trigger LANGUAGE plpgsql AS $fence$
BEGIN
    IF coalesce(current_setting('database_migration.applier', true), '') = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'database_migration write fence: % takes no writes while its database is being moved',
        quote_ident(TG_TABLE_NAME)
        USING ERRCODE = 'DM001',
              HINT = 'Write to the database that serves now, or lower the fence.';
END
$fence$
