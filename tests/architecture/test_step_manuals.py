"""Every step has a page, whose options are those of the code and whose links and pictures exist."""

from __future__ import annotations

import re

import pytest
import yaml

from architecture.options_tables import STEMS, between_marks, manual_of, options_model, options_tables

ROOT = manual_of("plan").parents[4]
PAGES = [stem for stem in STEMS if manual_of(stem).exists()]
PARTS = ("## In a spec", "## In a DAG of your own", "## Options", "## What its report shows", "## What goes wrong")
_LARGEST_PICTURE = 150_000  # bytes


@pytest.mark.parametrize("stem", PAGES)
def test_a_manual_has_the_options_of_the_code(stem: str) -> None:
    """When it fails: ``python tests/architecture/options_tables.py`` writes the tables anew."""
    assert between_marks(manual_of(stem).read_text(encoding="utf-8")) == options_tables(options_model(stem))


@pytest.mark.parametrize("stem", PAGES)
def test_a_manual_has_every_part(stem: str) -> None:
    text = manual_of(stem).read_text(encoding="utf-8")
    assert text.startswith(f"# {stem}\n")
    assert [part for part in PARTS if f"\n{part}\n" not in text] == []


@pytest.mark.parametrize("stem", PAGES)
def test_what_a_manual_leads_to_exists(stem: str) -> None:
    page = manual_of(stem)
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).resolve().exists()]
    assert missing == []


@pytest.mark.parametrize("stem", PAGES)
def test_the_examples_of_a_manual_are_valid_specs(stem: str) -> None:
    from migration_dag_factory import MigrationSpec

    examples = re.findall(r"```yaml\n(.*?)```", manual_of(stem).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert examples
    for example in examples:
        said = yaml.safe_load(example)
        both = {"migration": "example", "source": {"conn_id": "a"}, "target": {"conn_id": "b"}}
        MigrationSpec.model_validate({**both, **said})


def test_the_readme_s_spec_is_valid_and_its_links_lead_somewhere() -> None:
    from migration_dag_factory import MigrationSpec

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (spec,) = re.findall(r"```yaml\n(migration:.*?)```", text, flags=re.DOTALL)
    MigrationSpec.model_validate(yaml.safe_load(spec))
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
    assert {stem for stem in PAGES if f"steps/{stem}/README.md" not in text} == set()


@pytest.mark.parametrize("stem", PAGES)
def test_pictures_are_small(stem: str) -> None:
    pictures = list((manual_of(stem).parent / "docs").glob("*"))
    assert [picture for picture in pictures if picture.stat().st_size > _LARGEST_PICTURE] == []
