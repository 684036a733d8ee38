"""Reading YAML: plain data only, no key twice, no aliases that grow without end."""

from __future__ import annotations

import yaml

MOST = 100_000
"""Values that a file may hold, with its aliases written out."""


class _Loader(yaml.SafeLoader):
    """`yaml.SafeLoader` that refuses a key given twice, of which YAML would keep the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, list | dict):
                raise yaml.YAMLError(
                    f"a list or mapping stands where a key is wanted (line {key_node.start_mark.line + 1})"
                )
            if key in seen:
                raise yaml.YAMLError(f"key {key!r} is given twice (line {key_node.start_mark.line + 1})")
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(text: str) -> object:
    """Read one YAML document as plain Python values.

    Raises
    ------
    yaml.YAMLError
        If it isn't one, gives a key twice, asks for anything but plain data, or its aliases stand for themselves or for
        more than `MOST` values, which would not fit in memory, or it is nested too deeply to be read.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > MOST:
            raise yaml.YAMLError(f"its aliases stand for more than {MOST:,} values: write out what is needed")
        return loader.construct_document(node)
    except RecursionError:
        raise yaml.YAMLError("lists or mappings stand in one another too deeply: write out what is needed") from None
    finally:
        loader.dispose()


def _size(node: yaml.Node, sizes: dict[int, int]) -> float:
    """Values under a node, aliases written out; `sizes` holds those that were counted."""
    if id(node) not in sizes:
        sizes[id(node)] = MOST + 1  # stays if the node is met again inside itself
        inner = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        parts = inner if isinstance(node, yaml.CollectionNode) else ()
        sizes[id(node)] = 1 + sum(_size(part, sizes) for part in parts)
    return sizes[id(node)]
