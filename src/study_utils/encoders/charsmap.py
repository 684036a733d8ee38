"""Build the binary normalisation table ("precompiled charsmap") that SentencePiece and fast tokenizers read.

XLM-R's tokenizer normalises with SentencePiece's ``nmt_nfkc`` rules. The packaged encoder's file lists them
for single characters only. The rules for sequences (a letter with combining marks becomes one letter) follow
from Unicode by SentencePiece's own construction (``BuildNFKCMap`` in its ``builder.cc``), see `sequences`.
"""

from __future__ import annotations

import itertools
import struct
import unicodedata

_LONGEST = 5  # bytes: fast tokenizers look up a sequence only if its grapheme is shorter than six bytes


def charsmap(characters: dict[str, str]) -> bytes:
    """Make the table from the rules for single characters, adding those for sequences.

    Parameters
    ----------
    characters : dict of str to str
        Character to replacement (which may be empty).

    Returns
    -------
    bytes
        Length of the trie (uint32), the trie (a Darts double array), replacements, each ended by a zero byte.
    """
    return compile_rules(characters | sequences(characters))


def compile_rules(rules: dict[str, str]) -> bytes:
    """Lay rules (text to replacement) out as `charsmap` describes."""
    targets, offset = {}, 0
    for target in sorted(set(rules.values())):
        targets[target] = offset
        offset += len(target.encode()) + 1
    trie = _double_array({source.encode(): targets[target] for source, target in rules.items()})
    blob = struct.pack(f"<{len(trie)}I", *trie)
    return struct.pack("<I", len(blob)) + blob + b"".join(target.encode() + b"\0" for target in targets)


def sequences(characters: dict[str, str]) -> dict[str, str]:
    """Derive the rules that replace a sequence of characters, such as ``e`` and an acute accent, by one.

    SentencePiece takes every character that NFKD splits, and maps all spellings of its parts to the composed
    form, unless shorter rules already do. Left out are sequences that SentencePiece would compose but the
    fast XLM-R tokenizer of transformers, which this one stands for, never does: those of more than five
    bytes (conjoining Hangul, Indic nukta), and those that begin with a shorter rule (it takes the shortest
    rule that fits, not the longest). Characters unknown to the table's Unicode version are passed over.
    """
    spellings: dict[str, list[str]] = {}
    splits = set()
    for point in itertools.chain(range(1, 0xD800), range(0xE000, 0x30000)):  # nothing splits beyond plane 2
        character = chr(point)
        parts = unicodedata.normalize("NFKD", character)
        composed = unicodedata.normalize("NFKC", character)
        if composed != character and character not in characters and point != 0xFF5E:
            continue
        if len(parts) == 1:
            spellings.setdefault(parts, []).append(character)
        else:
            splits.add(parts)
    rules: dict[str, str] = {}
    for parts in sorted(splits, key=lambda item: (len(item), item)):
        composed = unicodedata.normalize("NFC", parts)
        if composed == parts or len(parts) > _LONGEST:
            continue
        for spelling in map("".join, itertools.product(*(spellings.get(part, ()) for part in parts))):
            prefixes = (spelling[:end] for end in range(1, len(spelling)))
            if len(spelling.encode()) <= _LONGEST and not any(
                prefix in characters or prefix in rules for prefix in prefixes
            ):
                rules[spelling] = composed
    return rules


def _double_array(entries: dict[bytes, int]) -> list[int]:
    """Lay a trie out as darts-clone does.

    A unit is 32 bits: label (bits 0-7), "a key ends here" (bit 8), offset (from bit 10); a value has bit 31
    set. The child by byte b of the node at position p is at (p XOR offset(p)) XOR b, a key's value at b = 0.
    """
    labels: dict[bytes, set[int]] = {}
    for key in entries:
        for end in range(len(key)):
            labels.setdefault(key[:end], set()).add(key[end])
        labels.setdefault(key, set()).add(0)
    bases: dict[bytes, int] = {}
    taken, used_bases, first_free = {0}, {0}, 1
    for prefix in sorted(labels, key=lambda item: (-len(labels[item]), item)):  # the widest nodes first
        wanted = labels[prefix]
        while first_free in taken:
            first_free += 1
        smallest = min(wanted)
        slot = first_free
        while (slot ^ smallest) in used_bases or any(slot ^ smallest ^ label in taken for label in wanted):
            slot += 1
        bases[prefix] = slot ^ smallest
        used_bases.add(bases[prefix])
        taken.update(bases[prefix] ^ label for label in wanted)

    units = [0] * ((max(taken) // 256 + 1) * 256)
    for prefix, base in bases.items():
        position = bases[prefix[:-1]] ^ prefix[-1] if prefix else 0
        offset = position ^ base
        if offset >= 1 << 21:
            raise ValueError(f"{len(entries)} rules are too many for a double array with short offsets")
        units[position] = offset << 10 | (prefix in entries) << 8 | (prefix[-1] if prefix else 0)
        if prefix in entries:
            units[base] = entries[prefix] | 1 << 31
    return units
