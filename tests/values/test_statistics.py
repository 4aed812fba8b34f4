import numpy as np
import pytest

from psa_viz.values.statistics import describe


def test_worked_by_hand():
    """(0.25, 0.75): shares 1/4 and 3/4, entropy (ln 4 / 4 + 3/4 ln 4/3) / ln 2 = 0.8113."""
    found = describe(np.array([[0.25], [0.75]]))
    assert (found.count, found.minimum, found.maximum, found.mean, found.std) == (2, 0.25, 0.75, 0.5, 0.25)
    assert found.entropy == pytest.approx(0.811278, abs=1e-6)
    assert found.range == 0.5
    assert not found.flat


def test_a_constant_gate_has_full_entropy_and_is_flat():
    found = describe(np.full((4, 4), 0.5, dtype=np.float32))
    assert found.entropy == pytest.approx(1.0, abs=1e-12)
    assert found.flat


@pytest.mark.parametrize(("values", "entropy"), [([0.3], 1.0), ([0.0, 0.0], 1.0), ([1.0, 0.0, 0.0], 0.0)])
def test_entropy_at_the_edges(values, entropy):
    assert describe(np.array(values)).entropy == pytest.approx(entropy)


@pytest.mark.parametrize("values", [[], [np.nan, 0.5], [-0.1, 0.5], [np.inf]])
def test_what_is_no_gate_is_refused(values):
    with pytest.raises(ValueError, match="expected"):
        describe(np.array(values))
