CREATE TABLE IF NOT EXISTS {table} (
    name                 varchar(100) PRIMARY KEY,
    serving              varchar(10)  NOT NULL,
    writes_held          smallint     NOT NULL DEFAULT 0,
    reads_percent_target smallint     NOT NULL DEFAULT 0,
    version              bigint       NOT NULL DEFAULT 1
)
