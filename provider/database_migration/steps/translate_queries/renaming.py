"""Names as the target has them: renamed, qualified, quoted where they have to be."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from database_migration.steps.translate_queries.names import find_column, find_table, insert_table
from database_migration.steps.translate_queries.rewriting import Rewriting, renamed
from database_migration.steps.translate_queries.typing_values import words

_PLAIN = {"postgres": re.compile(r"[a-z_][a-z0-9_]*"), "mysql": re.compile(r"[A-Za-z_][A-Za-z0-9_]*")}

# PostgreSQL appendix C, and MySQL's manual 9.3: words that cannot name a column or table bare.
_RESERVED = {
    "postgres": words(
        """
        all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
        collation column concurrently constraint create cross current_catalog current_date current_role
        current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
        except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into
        is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
        only or order outer overlaps placing primary references returning right select session_user similar some
        symmetric system_user table tablesample then to trailing true union unique user using variadic verbose when
        where window with between bigint bit boolean char character coalesce dec decimal exists extract float
        greatest grouping inout int integer interval least national nchar none normalize nullif numeric out overlay
        position precision real row setof smallint substring time timestamp treat trim values varchar
        """
    ),
    "mysql": words(
        """
        accessible add all alter analyze and as asc asensitive before between bigint binary blob both by call
        cascade case change char character check collate column condition constraint continue convert create cross
        cube cume_dist current_date current_time current_timestamp current_user cursor database databases
        day_hour day_microsecond day_minute day_second dec decimal declare default delayed delete dense_rank desc
        describe deterministic distinct distinctrow div double drop dual each else elseif empty enclosed escaped
        except exists exit explain false fetch first_value float for force foreign from fulltext function generated
        get grant group grouping groups having high_priority hour_microsecond hour_minute hour_second if ignore in
        index infile inner inout insensitive insert int integer intersect interval into is iterate join json_table
        key keys kill lag last_value lateral lead leading leave left like limit linear lines load localtime
        localtimestamp lock long longblob longtext loop low_priority manual master_bind match maxvalue mediumblob
        mediumint mediumtext minute_second mod modifies natural not nth_value ntile null numeric of on optimize
        option optionally or order out outer outfile over parallel partition percent_rank precision primary
        procedure purge qualify range rank read reads real recursive references regexp release rename repeat
        replace require resignal restrict return revoke right rlike row row_number rows schema schemas select
        sensitive separator set show signal smallint spatial specific sql sqlexception sqlstate sqlwarning ssl
        starting stored straight_join system table tablesample terminated then tinyblob tinyint tinytext to
        trailing trigger true undo union unique unlock unsigned update usage use using utc_date utc_time
        utc_timestamp values varbinary varchar varying virtual when where while window with write xor year_month
        zerofill
        """
    ),
}
_DEFAULT_SCHEMA = {"postgres": "public"}


def rename(tree: Any, r: Rewriting, *, always_qualify: bool = False) -> None:
    """Put the target's names in place; the tree is in the target's dialect already."""
    r.names.forget()
    for column in tree.find_all(exp.Column):
        if isinstance(column.this, exp.Star):
            continue
        name, qualifier = renamed(column)
        if name is not None:
            column.set("this", exp.to_identifier(name, quoted=False))
        elif not column.table:
            _spell_like_alias(column)
        if column.args.get("table") is not None:
            if qualifier is not None:
                column.set("table", exp.to_identifier(qualifier, quoted=False))
            column.set("db", None)
            column.set("catalog", None)
    _rename_written_columns(tree, r)
    for join in tree.find_all(exp.Join):
        _rename_shared_columns(join, r)
    for table in list(tree.find_all(exp.Table)):
        _rename_table(table, tree, r, always_qualify)
    quote_names(tree, r.direction.target_dialect)


def is_plain(name: str, dialect: str) -> bool:
    """Whether a name needs no quotes."""
    return _PLAIN[dialect].fullmatch(name) is not None and name.lower() not in _RESERVED[dialect]


def quote_names(tree: Any, dialect: str) -> None:
    """Quote the identifiers that the dialect would fold, or take for a word of its own."""
    for identifier in tree.find_all(exp.Identifier):
        if isinstance(identifier.parent, exp.Collate | exp.Var):
            continue
        identifier.set("quoted", not is_plain(identifier.name, dialect))


def _rename_table(table: Any, tree: Any, r: Rewriting, always_qualify: bool) -> None:
    if not table.name or _is_shared(table):
        return
    direction = r.direction
    source_schema = direction.source.name
    foreign = table.db and table.db.casefold() != source_schema.casefold()
    if foreign:
        r.manual(
            "other_schema",
            f"{table.db}.{table.name} lies outside of the migrated schema {source_schema}.",
            mend="Migrate that schema too, or read it over a foreign table.",
        )
        return
    known = find_table(direction.source, table.name)
    name = table.name
    if known is not None:
        if not direction.selection.selects(known.name):
            r.manual(
                "not_migrated",
                f"The table {known.name} is not part of the migration.",
                mend="Include it under tables: in the spec.",
            )
        name = direction.selection.target_name(known.name)
    else:
        alike = [view.name for view in direction.source.views if view.name.casefold() == name.casefold()]
        name = direction.selection.target_name(name if name in alike or len(alike) != 1 else alike[0])
    qualified = table.db or always_qualify or _needs_schema(r)
    table.set("this", exp.to_identifier(name, quoted=False))
    table.set("catalog", None)
    table.set("db", exp.to_identifier(direction.target.name, quoted=False) if qualified else None)
    if known is not None and name != known.name and not table.alias:
        _rename_stars(table, known.name, name)


def _needs_schema(r: Rewriting) -> bool:
    """Whether a bare name would be looked for in another schema by a fresh session."""
    default = _DEFAULT_SCHEMA.get(r.direction.target_dialect)
    return default is not None and r.direction.target.name != default


def _rename_stars(table: Any, old: str, new: str) -> None:
    select = table.find_ancestor(exp.Select)
    for item in select.expressions if select is not None else ():
        if isinstance(item, exp.Column) and isinstance(item.this, exp.Star) and item.table.casefold() == old.casefold():
            item.set("table", exp.to_identifier(new))


def _rename_shared_columns(join: Any, r: Rewriting) -> None:
    """The columns of JOIN … USING, which both sides have to call alike; NATURAL finds them by itself."""
    relations = r.names.relations(join.find_ancestor(exp.Select, exp.Update, exp.Delete))
    tables = [relation.table for relation in relations if relation.table is not None]
    if join.method.upper() == "NATURAL" and any(table.name in r.direction.selection.column_renames for table in tables):
        r.manual("natural_join", "A NATURAL JOIN of tables with renamed columns.", mend="Say ON which columns.")
    for identifier in join.args.get("using") or ():
        found = [(table, find_column(table, identifier.name)) for table in tables]
        targets = {
            r.direction.selection.target_column(table.name, column.name)
            for table, column in found
            if column is not None
        }
        if len(targets) > 1:
            r.manual(
                "using_renamed", f"USING ({identifier.name}): the two sides call it otherwise now.", mend="Say ON."
            )
        elif targets:
            identifier.set("this", targets.pop())


def _rename_written_columns(tree: Any, r: Rewriting) -> None:
    """The column list of an INSERT, and the left sides of assignments."""
    if not isinstance(tree, exp.Insert | exp.Update):
        return
    node = insert_table(tree) if isinstance(tree, exp.Insert) else tree.this
    table = r.names.find_table(node)
    if table is None:
        return
    if isinstance(tree, exp.Insert) and isinstance(tree.this, exp.Schema):
        for identifier in tree.this.expressions:
            column = find_column(table, identifier.name)
            if column is not None:
                identifier.set("this", r.direction.selection.target_column(table.name, column.name))


def _spell_like_alias(column: Any) -> None:
    """A reference to an alias takes the alias's own letters, because a quoted name has case."""
    query = column.find_ancestor(exp.Select, exp.SetOperation)
    while query is not None:
        select = query
        while isinstance(select, exp.SetOperation | exp.Subquery):
            select = select.this
        for item in select.expressions if isinstance(select, exp.Select) else ():
            if isinstance(item, exp.Alias) and item.alias.casefold() == column.name.casefold():
                column.set("this", exp.to_identifier(item.alias))
                return
        query = query.find_ancestor(exp.Select, exp.SetOperation)


def _is_shared(table: Any) -> bool:
    """Whether the name means a common table expression."""
    node = table.parent
    while node is not None:
        with_ = node.args.get("with_")
        for shared in with_.expressions if with_ is not None else ():
            if not table.db and shared.alias.casefold() == table.name.casefold():
                table.set("this", exp.to_identifier(shared.alias))
                return True
        node = node.parent
    return False


__all__ = ["is_plain", "quote_names", "rename"]
