"""Every row of the tables "what works with what" in the docs is what a run of that row gives."""

from pathlib import Path

import pytest

from tests import what_works

TEXT = (Path(__file__).parent.parent / "docs" / "MODELS.md").read_text(encoding="utf-8")


def printed(title):
    """Rows of one of the tables as the docs have them: name -> cells."""
    table = TEXT[TEXT.index(f"| {title} |") :].split("\n\n")[0]
    lines = [line.strip().removeprefix("|").removesuffix("|") for line in table.splitlines()[2:]]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [(row[0], tuple(row[1:])) for row in rows]


TABLES = {
    "the block": (what_works.BLOCKS, what_works.block_row),
    "the network, with the port's block": (what_works.NETWORKS, what_works.network_row),
    "the weight file": (what_works.FILES, what_works.file_row),
}
ROWS = [(title, number, name) for title, (rows, _) in TABLES.items() for number, name in enumerate(rows)]


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.parametrize(("title", "number", "name"), ROWS, ids=[name for *_, name in ROWS])
def test_a_row_is_what_its_run_gives(title, number, name):
    """If it differs: python -m tests.what_works prints the tables."""
    assert printed(title)[number] == (name.strip(), tuple(cell.strip() for cell in TABLES[title][1](name)))


@pytest.mark.parametrize("title", TABLES)
def test_the_docs_have_no_row_more(title):
    assert len(printed(title)) == len(TABLES[title][0])
