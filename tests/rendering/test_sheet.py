import numpy as np
import pytest

from psa_viz.rendering.sheet import CELL, FIRST, OTHERS, sheet
from psa_viz.values.people import Person


def test_boxes_lie_where_the_people_are():
    photo = np.zeros((50, 100, 3), dtype=np.uint8)
    people = tuple(Person((x, 10, x + 20, 40), 0.5, ((0, 0),) * 17, (0.0,) * 17) for x in (10, 60))
    page = np.array(sheet([("a", photo, ()), ("b", photo, people)]))
    assert page.shape == (CELL, 2 * CELL, 3)
    for colour, left in ((FIRST, 10), (OTHERS, 60)):
        ys, xs = np.nonzero((page == colour).all(axis=-1))
        scale = CELL / 100
        assert xs.min() == pytest.approx(CELL + left * scale, abs=1)
        assert ys.min() == pytest.approx(10 * scale, abs=1)
        assert ys.max() == pytest.approx(40 * scale, abs=1)


def test_rows():
    photo = np.full((4, 3, 3), 200, dtype=np.uint8)
    assert sheet([("x", photo, ())] * 7, columns=3).size == (3 * CELL, 3 * CELL)
    with pytest.raises(ValueError, match="at least one photo"):
        sheet([])
