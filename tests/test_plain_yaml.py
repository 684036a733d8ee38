"""YAML that holds plain data, and what is refused."""

import pytest
import yaml

from study_utils.plain_yaml import read_yaml


def test_plain_data_and_aliases():
    assert read_yaml("a: &x [1, two]\nb: *x\n") == {"a": [1, "two"], "b": [1, "two"]}
    assert read_yaml("") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: {b: 1, b: 2}", "key 'b' is given twice"),
        ("a: !!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("a: 1\n---\nb: 2\n", "single document"),
        ("a: &a [*a]", "stand for more than"),
        ("\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9))]), "more"),
    ],
)
def test_what_is_refused(text, said):
    with pytest.raises(yaml.YAMLError, match=said):
        read_yaml(text)
