-- The control schema on MySQL and MariaDB. Runs again without harm; can be run by hand.
-- Times are UTC. What a run needs to resume is here and nowhere else.

CREATE DATABASE IF NOT EXISTS database_migration CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One line per migration: which run is current, and where it stands.
CREATE TABLE IF NOT EXISTS database_migration.migration (
    migration    varchar(200) PRIMARY KEY,
    epoch        bigint       NOT NULL,
    run_id       varchar(250) NOT NULL,
    phase        varchar(20)  NOT NULL,
    serving      varchar(10)  NOT NULL,
    replication  varchar(10)  NOT NULL,
    spec_hash    varchar(64)  NOT NULL,
    opened_at    datetime(6)  NOT NULL,
    updated_at   datetime(6)  NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Every run that ever was, with the epoch in which it may work.
CREATE TABLE IF NOT EXISTS database_migration.run (
    migration  varchar(200) NOT NULL,
    run_id     varchar(250) NOT NULL,
    epoch      bigint       NOT NULL,
    opened_at  datetime(6)  NOT NULL,
    ended_at   datetime(6) ,
    outcome    varchar(20),
    PRIMARY KEY (migration, run_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Key ranges; a line turns done in the transaction that commits its rows.
CREATE TABLE IF NOT EXISTS database_migration.chunk (
    migration   varchar(200) NOT NULL,
    epoch       bigint       NOT NULL,
    table_name  varchar(200) NOT NULL,
    ordinal     integer      NOT NULL,
    lower_key   text,
    upper_key   text,
    done        smallint     NOT NULL DEFAULT 0,
    row_count   bigint       NOT NULL DEFAULT 0,
    byte_count  bigint       NOT NULL DEFAULT 0,
    seconds     double NOT NULL DEFAULT 0,
    estimated_rows bigint    NOT NULL DEFAULT 0,
    lane        varchar(100),
    done_at     datetime(6) ,
    PRIMARY KEY (migration, epoch, table_name, ordinal)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Chunks that are being read; a line is committed before the read begins and goes when the chunk turns done.
CREATE TABLE IF NOT EXISTS database_migration.chunk_reading (
    migration   varchar(200) NOT NULL,
    epoch       bigint       NOT NULL,
    table_name  varchar(200) NOT NULL,
    ordinal     integer      NOT NULL,
    lane        varchar(100) NOT NULL,
    began_at    datetime(6)  NOT NULL,
    PRIMARY KEY (migration, epoch, table_name, ordinal)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Rows that changed while their chunk was being read, to be read again when it is done.
CREATE TABLE IF NOT EXISTS database_migration.stale_row (
    migration   varchar(200) NOT NULL,
    epoch       bigint       NOT NULL,
    table_name  varchar(200) NOT NULL,
    ordinal     integer      NOT NULL,
    digest      char(64)     NOT NULL,
    row_key     longtext     NOT NULL,
    PRIMARY KEY (migration, epoch, table_name, ordinal, digest)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- How far changes are applied; moves in the transaction that applies them.
CREATE TABLE IF NOT EXISTS database_migration.applied (
    migration     varchar(200) NOT NULL,
    epoch         bigint       NOT NULL,
    direction     varchar(10)  NOT NULL,
    ordinal       decimal(24)  NOT NULL,
    position      varchar(500) NOT NULL,
    committed_at  datetime(6) ,
    transactions  bigint       NOT NULL,
    changes       bigint       NOT NULL,
    updated_at    datetime(6)  NOT NULL,
    PRIMARY KEY (migration, epoch, direction)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What we created, and how it is taken back; nothing else is ever dropped.
CREATE TABLE IF NOT EXISTS database_migration.created_object (
    migration   varchar(200) NOT NULL,
    epoch       bigint       NOT NULL,
    ordinal     integer      NOT NULL,
    side        varchar(10)  NOT NULL,
    kind        varchar(30)  NOT NULL,
    subject     varchar(300) NOT NULL,
    undo_sql    longtext     NOT NULL,
    state       varchar(10)  NOT NULL,
    seconds     double NOT NULL DEFAULT 0,
    created_at  datetime(6)  NOT NULL,
    PRIMARY KEY (migration, epoch, ordinal),
    UNIQUE KEY created_once (migration, epoch, side, kind, subject)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The cutover's moves, each recorded before and after.
CREATE TABLE IF NOT EXISTS database_migration.cutover_move (
    migration  varchar(200) NOT NULL,
    epoch      bigint       NOT NULL,
    ordinal    integer      NOT NULL,
    move       varchar(30)  NOT NULL,
    state      varchar(10)  NOT NULL,
    at         datetime(6)  NOT NULL,
    detail     longtext     NOT NULL,
    PRIMARY KEY (migration, epoch, ordinal)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Named places that a rollback can go back to.
CREATE TABLE IF NOT EXISTS database_migration.checkpoint (
    migration  varchar(200) NOT NULL,
    epoch      bigint       NOT NULL,
    ordinal    integer      NOT NULL,
    name       varchar(100) NOT NULL,
    at         datetime(6)  NOT NULL,
    detail     longtext     NOT NULL,
    PRIMARY KEY (migration, epoch, name)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Small facts of a run by name, as JSON: positions to reach, progress, figures for the reports.
CREATE TABLE IF NOT EXISTS database_migration.note (
    migration   varchar(200) NOT NULL,
    epoch       bigint       NOT NULL,
    name        varchar(100) NOT NULL,
    value       longtext     NOT NULL,
    updated_at  datetime(6)  NOT NULL,
    PRIMARY KEY (migration, epoch, name)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Where each step's report was filed.
CREATE TABLE IF NOT EXISTS database_migration.report (
    migration   varchar(200) NOT NULL,
    run_id      varchar(250) NOT NULL,
    stem        varchar(50)  NOT NULL,
    verdict     varchar(10)  NOT NULL,
    location    varchar(1000) NOT NULL,
    filed_at    datetime(6)  NOT NULL,
    PRIMARY KEY (migration, run_id, stem)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Rows that the target cannot hold, left out of its tables: which, why, and their values as JSON of texts.
CREATE TABLE IF NOT EXISTS database_migration.quarantine (
    migration    varchar(200) NOT NULL,
    epoch        bigint       NOT NULL,
    run_id       varchar(250) NOT NULL,
    table_name   varchar(200) NOT NULL,
    key_digest   varchar(32)  NOT NULL,
    row_key      longtext NOT NULL,
    column_name  varchar(200),
    kind         varchar(30)  NOT NULL,
    reason       longtext NOT NULL,
    row_values   longtext NOT NULL,
    origin       varchar(20)  NOT NULL,
    noted_at     datetime(6) NOT NULL,
    PRIMARY KEY (migration, epoch, table_name, key_digest)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Key ranges that are compared round and round until the cutover; the one that was looked at longest ago comes next.
CREATE TABLE IF NOT EXISTS database_migration.watched_chunk (
    migration   varchar(200) NOT NULL,
    epoch       bigint       NOT NULL,
    table_name  varchar(200) NOT NULL,
    ordinal     integer      NOT NULL,
    lower_key   longtext,
    upper_key   longtext,
    rounds      integer      NOT NULL DEFAULT 0,
    row_count   bigint       NOT NULL DEFAULT 0,
    equal_at    datetime(6),
    checked_at  datetime(6),
    PRIMARY KEY (migration, epoch, table_name, ordinal)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Rows that differed when they were last compared, without their values.
CREATE TABLE IF NOT EXISTS database_migration.watched_row (
    migration   varchar(200) NOT NULL,
    epoch       bigint       NOT NULL,
    table_name  varchar(200) NOT NULL,
    key_digest  varchar(32)  NOT NULL,
    row_key     longtext NOT NULL,
    kind        varchar(20)  NOT NULL,
    columns     longtext NOT NULL,
    written_by  longtext NOT NULL,
    found_at    datetime(6) NOT NULL,
    seen_at     datetime(6) NOT NULL,
    PRIMARY KEY (migration, epoch, table_name, key_digest)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A row per session that applies changes, rewritten in every transaction that it applies, so that our own
-- capture knows them where the server has no better mark (MySQL).
CREATE TABLE IF NOT EXISTS database_migration.applied_marker (
    origin   varchar(255)    NOT NULL,
    session  bigint unsigned NOT NULL,
    writes   bigint unsigned NOT NULL,
    PRIMARY KEY (origin, session)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
