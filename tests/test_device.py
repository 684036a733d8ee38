"""Which precision runs have."""

from __future__ import annotations

import pytest
import torch

from study_utils import device
from study_utils.errors import ParameterError

CPU = torch.device("cpu")


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(("asked", "bf16"), [("no", False), ("bf16", True), (None, None)])
def test_precision_is_what_the_device_is_good_at_or_what_the_environment_says(monkeypatch, fast, asked, bf16):
    monkeypatch.setattr(device, "has_fast_bf16", lambda _: fast)
    monkeypatch.delenv(device.PRECISION)
    if asked:
        monkeypatch.setenv(device.PRECISION, asked)
    expected = fast if bf16 is None else bf16
    assert device.uses_bf16(CPU) == expected
    with device.autocast(CPU):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if expected else torch.float32)
    assert device.describe_device("cpu").endswith("bf16 autocast" if expected else "float32")


def test_another_precision_is_refused(monkeypatch):
    monkeypatch.setenv(device.PRECISION, "fp16")
    with pytest.raises(ParameterError, match="'fp16' in the environment: use no"):
        device.uses_bf16(CPU)
