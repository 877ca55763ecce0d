"""translate_queries: the application's statements in the target's dialect, with a verdict for each."""

from __future__ import annotations

from database_migration.steps.translate_queries.judge import Judging, judge
from database_migration.steps.translate_queries.options import TranslateQueriesOptions
from database_migration.steps.translate_queries.step import translate_queries, translated_corpus
from database_migration.steps.translate_queries.translate import translate, translate_view
from database_migration.steps.translate_queries.translation import Note, Translation, Weight
from database_migration.steps.translate_queries.verdicts import Judgement, QueryVerdict, TranslatedQuery

__all__ = [
    "Judgement",
    "Judging",
    "Note",
    "QueryVerdict",
    "TranslateQueriesOptions",
    "TranslatedQuery",
    "Translation",
    "Weight",
    "judge",
    "translate",
    "translate_queries",
    "translate_view",
    "translated_corpus",
]
