"""Words that begin a type's spelling in one engine or the other, extensions that come with them included.

A spec is read without knowing its servers, so a word is refused there only when no engine has it; whether the
target's server has the type, with these numbers, is preflight's question.
"""

from __future__ import annotations

_MYSQL = (
    "tinyint smallint mediumint int integer bigint bool boolean decimal numeric dec fixed float double real bit date"
    " datetime timestamp time year char varchar binary varbinary tinytext text mediumtext longtext tinyblob blob"
    " mediumblob longblob enum set json uuid geometry point linestring polygon multipoint multilinestring multipolygon"
    " geometrycollection geomcollection inet4 inet6"
)
_POSTGRES = (
    "int2 int4 int8 float4 float8 bpchar character bytea timestamptz timetz interval jsonb xml money inet cidr macaddr"
    " macaddr8 varbit tsvector tsquery name citext hstore ltree geography int4range int8range numrange tsrange"
    " tstzrange daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange"
    " line lseg box path circle pg_lsn"
)
_OF_TWO = ("double precision", "character varying", "bit varying", "national char", "national varchar")

TYPE_WORDS = frozenset({*_MYSQL.split(), *_POSTGRES.split(), *_OF_TWO})

__all__ = ["TYPE_WORDS"]
