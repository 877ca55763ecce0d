"""Every type of every engine against the other: what it becomes, under which policy, and its nastiest values.

A case reads: a column of this source type, under this policy (keys of ``mapping.types`` for the way), becomes this
target type, as the target's catalog spells it; these values, in the source's SQL, arrive exactly; and these,
in the target's SQL, are written there and arrive back exactly.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One column's way over and back."""

    source: str
    target: str
    values: tuple[str, ...]
    """NULL is added to every case."""
    policy: tuple[str, str] | None = None
    """A key of the way's policy with its value."""
    cast: str | None = None
    """A cast's ``to``."""
    written: tuple[str, ...] = ()
    """What the application writes on the target after the cutover."""
    logged: bool = True
    """False: the source's log has no exact form of the type, which preflight says; it is copied only."""
    only: str = ""
    """The flavour that has the type: mariadb or mysql; else both."""

    @property
    def name(self) -> str:
        """``time → time, time: time``."""
        how = "" if self.policy is None else f", {': '.join(self.policy)}"
        how += "" if self.cast is None else ", cast"
        return f"{self.source} → {self.target}{how}"


LONG = "REPEAT('é😀\\n', 30000)"
POINT, POLYGON = "ST_GeomFromText('POINT(1.5 -2.5)')", "ST_GeomFromText('POLYGON((0 0,9 0,9 9,0 0))')"

MYSQL_TO_POSTGRES = (
    Case("tinyint", "smallint", ("-128", "127", "0")),
    Case("tinyint unsigned", "smallint", ("255", "0"), written=("7",)),
    Case("tinyint unsigned", "smallint", ("255",), policy=("unsigned", "same_size")),
    Case("tinyint(1)", "smallint", ("-128", "5", "1"), policy=("tinyint_1", "integer")),
    Case("tinyint(1)", "boolean", ("0", "1"), cast="boolean", written=("true", "false")),
    Case("smallint", "smallint", ("-32768", "32767")),
    Case("smallint unsigned", "integer", ("65535",)),
    Case("smallint unsigned", "smallint", ("32767",), policy=("unsigned", "same_size")),
    Case("smallint(6) unsigned zerofill", "integer", ("7", "65535")),
    Case("mediumint", "integer", ("-8388608", "8388607")),
    Case("mediumint unsigned", "integer", ("16777215",)),
    Case("int", "integer", ("-2147483648", "2147483647", "0")),
    Case("int", "text", ("-2147483648", "0"), cast="text", written=("'17'",)),
    Case("int", "numeric(12,2)", ("-2147483648", "0"), cast="numeric(12,2)", written=("3.00",)),
    Case("int unsigned", "bigint", ("4294967295",)),
    Case("int unsigned", "integer", ("2147483647",), policy=("unsigned", "same_size")),
    Case("bigint", "bigint", ("-9223372036854775808", "9223372036854775807")),
    Case("bigint unsigned", "numeric(20,0)", ("18446744073709551615", "0")),
    Case("bigint unsigned", "bigint", ("9223372036854775807",), policy=("bigint_unsigned", "bigint")),
    Case("decimal(65,30)", "numeric(65,30)", ("-12345678901234567890.000000000000000000000000000001", "0", "1e34")),
    Case("decimal(10,2)", "numeric(10,2)", ("99999999.99", "-0.01", "10", "0")),
    Case("decimal(10,2)", "numeric(14,4)", ("99999999.99", "10"), cast="numeric(14,4)", written=("1.2500",)),
    Case("decimal(10,2)", "text", ("-0.01", "10", "0"), cast="text", written=("'12.50'",)),
    Case("decimal(12,0)", "bigint", ("999999999999", "-1"), cast="bigint", written=("5",)),
    Case("decimal(10,3) unsigned zerofill", "numeric(10,3)", ("1.5", "9999999.999")),
    Case("float", "real", ("0", "16777216", "0.1", "3.4028234e38", "-1.5", "1.1754944e-38")),
    Case("float", "double precision", ("0.1", "-1.5"), cast="double precision", written=("0.5",)),
    Case("float(7,3)", "real", ("1234.567",)),
    Case("double", "double precision", ("1.7976931348623157e308", "5e-324", "-0.0", "0.1", "1e23", "1e15", "1e16")),
    Case("date", "date", ("'1000-01-01'", "'9999-12-31'", "'2024-02-29'")),
    Case("date", "timestamp without time zone", ("'2024-02-29'",), cast="timestamp"),
    Case("date", "text", ("'2024-02-29'",), cast="text", written=("'1999-12-31'",)),
    Case("datetime", "timestamp(0) without time zone", ("'1000-01-01'", "'9999-12-31 23:59:59'")),
    Case("datetime(6)", "timestamp without time zone", ("'2024-03-31 02:30:00.000001'",)),
    Case(
        "datetime(3)", "timestamp(3) with time zone", ("'2024-03-31 02:30:00.5'", "'1000-01-01'"),
        policy=("datetime", "timestamptz"), written=("'2024-03-31 02:30:00+02'",),
    ),
    Case("timestamp(6) null", "timestamp with time zone", ("'2038-01-19 03:14:07.999999'", "'1970-01-01 00:00:01'")),
    Case(
        "timestamp null", "timestamp(0) without time zone", ("'2024-10-27 00:30:00'",),
        policy=("timestamp", "timestamp"),
    ),
    Case("time(6)", "interval", ("'-838:59:59'", "'838:59:59'", "'-00:00:00.000001'", "'24:00:00'")),
    Case("time(2)", "time(2) without time zone", ("'00:00:00'", "'23:59:59.99'"), policy=("time", "time")),
    Case("year", "smallint", ("1901", "2155", "0")),
    Case("year", "smallint", ("1901",), policy=("year", "smallint")),
    Case("year", "integer", ("2155",), cast="integer"),
    Case("bit(1)", "bit(1)", ("b'1'", "b'0'")),
    Case("bit(1)", "boolean", ("b'1'", "b'0'"), policy=("bit_1", "boolean"), written=("true",)),
    Case("bit(13)", "bit(13)", ("b'1'", "b'1000000000000'")),
    Case("bit(13)", "integer", ("b'1'", "b'1111111111111'"), cast="integer", written=("8191",)),
    Case("bit(64)", "bit(64)", (f"b'{'1' * 64}'", "b'1'")),
    Case("char(5)", "character(5)", ("'a'", "''", "'é😀日本語'")),
    Case("char(5)", "character varying(5)", ("'a'", "'é😀日本語'"), policy=("char", "varchar")),
    Case("char(5)", "text", ("'a'", "'é😀日本語'"), policy=("char", "text")),
    Case(
        "char(36)", "uuid", ("'00112233-4455-1677-8899-aabbccddeeff'",), cast="uuid",
        written=("'ffffffff-ffff-4fff-8fff-ffffffffffff'",),
    ),
    Case("varchar(200)", "character varying(200)", ("'trailing  '", "''", "'\\\\N \\t \\n \\r \\\\. \"'", "'NULL'")),
    Case("varchar(200)", "text", ("'trailing  '", "'😀'"), cast="text"),
    Case("varchar(200)", "bytea", ("'é'", "''"), cast="bytea", written=("'\\xc3a9'",)),
    Case("varchar(200) character set latin1", "character varying(200)", ("'é£ÿ'",)),
    Case("varchar(20)", "bigint", ("'-7'", "'9223372036854775807'"), cast="bigint", written=("8",)),
    Case("tinytext", "text", ("'é'",)),
    Case("text", "text", ("''", "' '", "'%s %'")),
    Case("mediumtext", "text", (LONG,)),
    Case("longtext", "text", (LONG, "'a\\\\b'")),
    Case("longtext", "jsonb", ("'{\"b\": [1, 2.50], \"a\": null}'",), cast="jsonb", written=("'{\"c\":1}'",)),
    Case("enum('a','b''c','é\\\\')", "text", ("'a'", "'b''c'", "'é\\\\'"), written=("'a'",)),
    Case(
        "enum('z','b''c','é\\\\')", "c_enum", ("'z'", "'b''c'", "'é\\\\'"), policy=("enum", "native"),
        written=("'z'",),
    ),
    Case("enum('a','b')", "text", ("'a'",), policy=("enum", "text")),
    Case("enum('a','bb')", "character varying(2)", ("'a'", "'bb'"), cast="varchar(2)"),
    Case("set('x','y z','é')", "text", ("''", "'x'", "'x,y z,é'"), written=("'x,é'",)),
    Case(
        "set('x','a\"\\\\b','é','y z','NULL')", "text[]", ("''", "'x'", "'y z,x'", "'a\"\\\\b,é'", "'NULL'"),
        policy=("set", "array"), written=("ARRAY['é', 'x', 'x']", "'{}'", "ARRAY['a\"\\b', 'NULL']"),
    ),
    Case("set('x','y')", "text", ("'x,y'",), policy=("set", "text")),
    Case("binary(4)", "bytea", ("x'00000000'", "x'61000000'", "x'ff00ff00'"), written=("'\\x00ff00ff'",)),
    Case("binary(16)", "bytea", ("x'00112233445566778899aabbccddee00'",)),
    Case(
        "binary(16)", "uuid", ("x'00112233445566778899aabbccddee00'",), policy=("binary_16", "uuid"),
        written=("'ffffffff-ffff-4fff-8fff-ffffffffff00'",),
    ),
    Case("varbinary(20)", "bytea", ("x''", "x'0000'", "x'5c4e'")),
    Case("varbinary(16)", "uuid", ("x'00112233445566778899aabbccddeeff'",), cast="uuid"),
    Case("tinyblob", "bytea", ("x'00ff'",)),
    Case("blob", "bytea", ("x'0a0d09225c27'",)),
    Case("mediumblob", "bytea", ("REPEAT(x'00ff', 70000)",)),
    Case("longblob", "bytea", ("x''",)),
    Case(
        "json", "jsonb", ("'{\"b\": [1, 2.5, null, \"é😀\"], \"a\": {}}'", "'[]'", "'\"x\"'", "'1.0'"),
        written=("'{\"z\": 1e3}'",),
    ),
    Case("json", "json", ("'{\"b\": 1,  \"a\": 2}'",), policy=("json", "json"), written=("'{\"z\": 1}'",)),
    Case("json", "text", ("'{\"b\": 1,  \"a\": [1.50]}'",), policy=("json", "text"), written=("'{\"z\": 1}'",)),
    Case("uuid", "uuid", ("'00112233-4455-1677-8899-aabbccddee00'",), only="mariadb"),
    Case("inet6", "text", ("'::1'", "'2001:db8::ff00:42:8329'"), logged=False, only="mariadb"),
    Case("geometry", "bytea", (POINT, POLYGON, "ST_GeomFromText('POINT(1 2)', 4326)")),
    Case("point", "bytea", (POINT,)),
    Case("polygon", "bytea", (POLYGON,)),
    Case("geometry", "text", (POINT, "ST_GeomFromText('POINT(1 2)', 4326)"), cast="text"),
)  # fmt: skip

POSTGRES_TO_MYSQL = (
    Case("boolean", "tinyint(1)", ("true", "false"), written=("1", "0")),
    Case("boolean", "bit(1)", ("true", "false"), policy=("boolean", "bit"), written=("b'1'",)),
    Case("smallint", "smallint", ("-32768", "32767")),
    Case("integer", "int", ("-2147483648", "2147483647")),
    Case("integer", "int unsigned", ("0", "2147483647"), cast="int unsigned"),
    Case("bigint", "bigint", ("-9223372036854775808", "9223372036854775807")),
    Case("bigint", "varchar(20)", ("-9223372036854775808",), cast="varchar(20)", written=("'17'",)),
    Case("numeric(10,2)", "decimal(10,2)", ("99999999.99", "-0.01", "0")),
    Case("numeric(10,2)", "decimal(12,4)", ("99999999.99", "-0.01"), cast="decimal(12,4)"),
    Case("numeric", "decimal(65,30)", ("1.000000000000000000000000000001", "-99999999999999999999", "0.10")),
    Case(
        "numeric", "longtext", ("'NaN'", "'Infinity'", "1e50", "0.10"), policy=("numeric", "text"),
        written=("'1.50'",),
    ),
    Case("real", "float", ("0.1", "16777216", "-1.5", "1.1754944e-38")),
    Case("double precision", "double", ("1.7976931348623157e308", "5e-324", "0.1", "1e15", "1e23")),
    Case("money", "decimal(19,2)", ("'-92233720368547758.08'", "'1234.5'", "'-0.01'"), written=("1234567.89",)),
    Case("money", "varchar(40)", ("'-1234.5'", "'0'"), policy=("money", "text"), written=("'$1,234.50'",)),
    Case("date", "date", ("'1000-01-01'", "'9999-12-31'")),
    Case("timestamp(3)", "datetime(3)", ("'1000-01-01'", "'2024-03-31 02:30:00.5'")),
    Case("timestamp", "datetime(6)", ("'9999-12-31 23:59:59.999999'",)),
    Case("timestamptz", "datetime(6)", ("'2024-03-31 02:30:00.000001+02'", "'1000-01-01 00:00:00+00'")),
    Case(
        "timestamptz", "timestamp(6)", ("'2038-01-19 03:14:07.999999+00'", "'1970-01-01 00:00:01+00'"),
        policy=("timestamptz", "timestamp"), written=("'2024-10-27 00:30:00'",),
    ),
    Case("timestamptz", "varchar(40)", ("'2024-03-31 02:30:00.000001+02'",), cast="varchar(40)"),
    Case("time(3)", "time(3)", ("'00:00:00'", "'23:59:59.999'", "'24:00:00'")),
    Case("timetz", "varchar(24)", ("'12:34:56.000001+02'", "'00:00:00-15:59:59'")),
    Case(
        "interval", "varchar(80)",
        ("'1 mon'", "'-178000000 years'", "'1 day'", "'24:00:00'", "'-1 day +02:03:04.000005'", "'0'"),
        written=("'2 mons 03:00:00'",),
    ),
    Case(
        "interval", "bigint", ("'24:00:00'", "'-00:00:00.000001'", "'2000:00:00'"),
        policy=("interval", "microseconds"), written=("-3600000001",),
    ),
    Case("interval", "time(6)", ("'838:59:59'", "'-838:59:59'", "'0'"), policy=("interval", "time")),
    Case("bit(1)", "bit(1)", ("B'1'",)),
    Case("bit(13)", "bit(13)", ("B'0000000000001'", "B'1000000000000'")),
    Case("bit(13)", "bigint", ("B'0000000000001'", "B'1000000000000'"), cast="bigint", written=("8191",)),
    Case("bit(70)", "varchar(70)", (f"B'{'10' * 35}'",)),
    Case("bit varying(9)", "longtext", ("B''", "B'0101'"), written=("'11'",)),
    Case("character(5)", "char(5)", ("'a'", "''", "'é😀日本語'")),
    Case("varchar(200)", "varchar(200)", ("'trailing  '", "''", "E'\\\\N \\t \\n \\r \"'", "'NULL'")),
    Case("varchar", "longtext", ("'a'",)),
    Case("text", "longtext", ("repeat(E'é😀\\n', 30000)", "''", "'%s'"), written=("'ü'",)),
    Case("text", "varchar(50)", ("'a'", "'trailing  '"), cast="varchar(50)"),
    Case("text", "longblob", ("'é'",), cast="longblob", written=("x'c3a9'",)),
    Case("citext", "longtext", ("'AbC'",)),
    Case("name", "longtext", ("'pg_class'",)),
    Case('"char"', "varchar(1)", ("'x'",)),
    Case("bytea", "longblob", ("'\\x'", "'\\x00ff5c4e0a'"), written=("x'0a0d09225c27'",)),
    Case("bytea", "varbinary(20)", ("'\\x0000'",), cast="varbinary(20)"),
    Case(
        "uuid", "char(36)", ("'00112233-4455-1677-8899-aabbccddeeff'",),
        written=("'FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF'",),
    ),
    Case(
        "uuid", "binary(16)", ("'00112233-4455-1677-8899-aabbccddee00'",), policy=("uuid", "binary"),
        written=("x'ffffffffffff4fff8fffffffffffff00'",),
    ),
    Case("uuid", "uuid", ("'00112233-4455-1677-8899-aabbccddee00'",), policy=("uuid", "uuid"), only="mariadb"),
    Case("color", "enum('red','it''s')", ("'red'", "'it''s'"), written=("'red'",)),
    Case("color", "varchar(4)", ("'red'", "'it''s'"), policy=("enum", "varchar")),
    Case("positive", "int", ("1",)),
    Case(
        "json", "json", ("'{\"b\": [1, 2.5], \"a\": {}}'", "'null'"), written=("'{\"z\": 1}'",),
    ),
    Case("json", "longtext", ("'{\"b\":  1, \"b\": 2}'",), policy=("json", "text")),
    Case("jsonb", "json", ("'{\"b\": [1, 2.5, \"é😀\"], \"a\": null}'", "'[]'", "'\"x\"'"), written=("'[true]'",)),
    Case("jsonb", "longtext", ("'[0.1234567890123456789012]'",), policy=("json", "text")),
    Case("integer[]", "longtext", ("'{}'", "'{1,NULL,-3}'", "'{{1,2},{3,4}}'", "'[0:1]={1,2}'"), written=("'{5,6}'",)),
    Case(
        "integer[]", "json", ("'{}'", "'{1,NULL,-3}'", "'{{1,2},{3,4}}'"), policy=("array", "json"),
        written=("'[7, null]'",),
    ),
    Case(
        "text[]", "json", ("'{}'", "ARRAY['a,b', '\"q\"', E'back\\\\slash', 'NULL', '', NULL, 'é😀']"),
        policy=("array", "json"), written=("'[\"x y\", null, \"{}\"]'",),
    ),
    Case("boolean[]", "json", ("'{t,f,NULL}'",), policy=("array", "json"), written=("'[true]'",)),
    Case("numeric[]", "json", ("'{1.5,-0.1,12345678901}'",), policy=("array", "json")),
    Case("date[]", "json", ("'{2024-02-29}'",), policy=("array", "json"), written=("'[\"1999-12-31\"]'",)),
    Case("text[]", "set('x','y')", ("'{}'", "'{x}'", "'{x,y}'"), cast="set('x','y')", written=("'x,y'",)),
    Case("int4range", "longtext", ("'[1,5)'", "'empty'", "'(,7)'"), written=("'[2,3)'",)),
    Case("tstzrange", "longtext", ("'[2024-01-01 00:00:00+00,)'",)),
    Case("int4multirange", "longtext", ("'{[1,3),[5,7)}'",)),
    Case("inet", "varchar(43)", ("'10.1.2.3'", "'10.1.2.3/8'", "'2001:db8::ff00:42:8329/64'"), written=("'::1'",)),
    Case("cidr", "varchar(43)", ("'10.0.0.0/8'", "'2001:db8::/32'")),
    Case("macaddr", "varchar(17)", ("'08:00:2b:01:02:03'",)),
    Case("macaddr8", "varchar(23)", ("'08:00:2b:01:02:03:04:05'",)),
    Case("xml", "longtext", ("'<a>é &amp; <b/></a>'",)),
    Case("tsvector", "longtext", ("'''a'':1A b:2'",)),
    Case("tsquery", "longtext", ("'a & !b'",)),
    Case("hstore", "longtext", ("'a=>1, b=>NULL, \"c d\"=>\"e\\\"f\"'",)),
    Case("point", "longtext", ("'(1.5,-2.5)'",)),
    Case("circle", "longtext", ("'<(1,2),3>'",)),
    Case("pair", "longtext", ("'(1,\"a b\")'", "'(,)'")),
    Case("oid", "varchar(10)", ("4294967295",)),
    Case("pg_lsn", "varchar(17)", ("'FFFFFFFF/FFFFFFFF'",)),
)  # fmt: skip

MYSQL_TO_POSTGIS = (
    Case(
        "geometry", "geometry",
        (
            POINT, POLYGON, "ST_GeomFromText('POINT(1 2)', 4326)", "ST_GeomFromText('LINESTRING(0 0,1 1.25)')",
            "ST_GeomFromText('MULTIPOINT(0 0,1 1)')",
            "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')",
        ),
        policy=("spatial", "geometry"), written=("ST_SetSRID(ST_MakePoint(7, 8), 4326)", "ST_MakePoint(-1, 0.5)"),
    ),
    Case("point", "geometry", (POINT,), policy=("spatial", "geometry")),
    Case("polygon", "geometry(Polygon)", (POLYGON,), cast="geometry(Polygon)"),
)  # fmt: skip
"""Where the target has the extension PostGIS."""

POSTGRES_PRELUDE = """
CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE TYPE color AS ENUM ('red', 'it''s');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
"""
