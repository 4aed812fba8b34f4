"""What several tests of recording and adapting need."""

import pytest
import torch


@pytest.fixture
def images():
    return torch.randn(2, 3, 9, 7, generator=torch.Generator().manual_seed(1))
