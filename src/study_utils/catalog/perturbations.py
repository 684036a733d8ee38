"""Perturbations: what can be done to test rows, to which tasks and in which languages; one declaration each.

A variant of the test rows is written ``kind@severity``, such as ``typos@0.1``. How a kind changes a text is in
`study_utils.perturb`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from study_utils.catalog.keyboards import keyboard
from study_utils.catalog.languages import LANGUAGES
from study_utils.catalog.parallel import PARALLEL_TESTS
from study_utils.catalog.schema import Task
from study_utils.catalog.tasks import TASKS
from study_utils.errors import CatalogError, unknown

CLEAN = "clean"
"""The variant in which nothing is changed."""

UNSPACED = ("Hans", "Jpan", "Khmr", "Laoo", "Mymr", "Thai")
"""Scripts without spaces between words: a share of words can't be counted there."""

_ALPHABETS = "Latn Cyrl Grek Arab Hebr Armn Geor".split()
_SYLLABLES = "Deva Beng Gujr Guru Taml Telu Mlym Sinh".split()

LOOKALIKES = {
    "Latn": dict(zip("aceijopsuvxyABCEHIJKMNOPSTXYZ", "асеіјорѕυνхуАВСЕНІЈКМΝОРЅТХУΖ")),
    "Cyrl": dict(zip("асеіјорѕхуАВСЕНІЈКМОРЅТХУ", "aceijopsxyABCEHIJKMOPSTXY")),
    "Grek": dict(zip("ανορυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "avopuABEZHIKMNOPTYX")),
}
"""Script to the look-alike of a letter in another script.

Pairs of letters from Unicode's confusables (UTS 39, as in `confusable-homoglyphs` 3.3.1); of several, Cyrillic for
Latin and Latin for the others. Pairs that differ in case (b and Ь) or in form in most fonts (r and г) are left out.
"""

_MARKED = frozenset(
    "af az bbj ca cs da de ee el es et fi fon fr ga gl hr hu ig is it lt lv mt nl no pl pt ro sk sl sq sv tr tw vi wo "
    "yo".split()
)
"""Languages of the Latin and Greek scripts that write marks on letters. Elsewhere (Indic vowel signs) a mark is no
ornament, or (Arabic and Hebrew vowel points, which texts leave out) there is nothing to drop."""


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """A kind of change to test rows.

    Attributes
    ----------
    key, title : str
        First part of a variant; title in figures.
    does : str
        What changes, in one sentence.
    unit : {"words", "examples"}
        What the severity is a share of.
    formats : tuple of str
        Formats of the tasks that it suits. What is changed of a row is in `study_utils.perturb.rows`.
    knows : callable
        Language code to whether the kind can be made in the language.
    lacks : str
        What it lacks in other languages, for messages.
    parallel : bool
        Whether it needs the same examples in English.
    """

    key: str
    title: str
    does: str
    unit: str = "words"
    formats: tuple[str, ...] = ("classify", "regress", "choose", "tag", "answer", "retrieve")
    knows: Callable[[str], bool]
    lacks: str
    parallel: bool = False

    def suits(self, task: Task) -> bool:
        """Whether the kind can be made of a task's test rows."""
        return task.format in self.formats and (not self.parallel or task.key in PARALLEL_TESTS)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A kind of perturbation at a severity: the share of the kind's unit that is changed, above 0 and up to 1."""

    kind: Perturbation
    severity: float

    @property
    def key(self) -> str:
        """How the variant is written."""
        return f"{self.kind.key}@{self.severity:g}"

    @property
    def title(self) -> str:
        """Title in figures and sentences."""
        return f"{self.kind.title}, {self.severity:.0%} of {self.kind.unit}"


def _script(*scripts: str) -> Callable[[str], bool]:
    return lambda code: LANGUAGES[code].script in scripts


_DECLARED = (
    Perturbation(
        key="typos",
        title="Typing errors",
        does="One letter of a word, not the first, becomes one that lies beside it on the language's keyboard.",
        knows=lambda code: bool(keyboard(code)),
        lacks="a keyboard layout",
    ),
    Perturbation(
        key="drops",
        title="Dropped letters",
        does="One letter of a word, not the first, is left out, with its marks.",
        knows=_script(*_ALPHABETS, *_SYLLABLES),
        lacks="a script of letters with spaces between words",
    ),
    Perturbation(
        key="swaps",
        title="Swapped letters",
        does="Two neighbouring letters of a word, not the first, change places, with their marks.",
        knows=_script(*_ALPHABETS, *_SYLLABLES),
        lacks="a script of letters with spaces between words",
    ),
    Perturbation(
        key="homoglyphs",
        title="Look-alikes",
        does="One letter of a word becomes one of another script that looks the same.",
        knows=_script(*LOOKALIKES),
        lacks="look-alikes of its script's letters",
    ),
    Perturbation(
        key="diacritics",
        title="Missing diacritics",
        does="A word loses all marks on its letters.",
        knows=lambda code: code in _MARKED,
        lacks="marks that writers leave out",
    ),
    Perturbation(
        key="shuffles",
        title="Word order",
        does="Two neighbouring words change places, never over punctuation.",
        formats=("classify", "regress", "choose", "answer", "retrieve"),
        knows=lambda code: LANGUAGES[code].script not in UNSPACED,
        lacks="spaces between words",
    ),
    Perturbation(
        key="codeswitch",
        title="English second text",
        does=(
            "The second text of a pair, or the question, is that of the same example in English; the first text stays "
            "in its language."
        ),
        unit="examples",
        formats=("classify", "regress", "answer"),
        knows=lambda code: True,
        lacks="",
        parallel=True,
    ),
)

PERTURBATIONS = {item.key: item for item in _DECLARED}


def variant(text: str) -> Variant:
    """Read a variant as it is written, such as ``"typos@0.1"``.

    Raises
    ------
    CatalogError
        If it has another form, its kind is unknown (with the nearest names), or its severity is not above 0 and up to
        1.
    """
    key, at, number = text.partition("@")
    if key not in PERTURBATIONS:
        raise CatalogError(unknown("kind of perturbation", key, PERTURBATIONS, where=f"variant {text}"))
    try:
        severity = float(number)
    except ValueError:
        severity = float("nan")
    if not at or not 0 < severity <= 1:
        unit = PERTURBATIONS[key].unit
        raise CatalogError(
            f"variant {text!r}: write {key}@SEVERITY with the share of {unit} to change, above 0 and up to 1, such as "
            f"{key}@0.1"
        )
    return Variant(kind=PERTURBATIONS[key], severity=severity)


def variant_title(key: str) -> str:
    """Title of a variant of the test rows."""
    return "Clean" if key == CLEAN else variant(key).title


def perturbed_languages(
    name: str, task: str, languages: Sequence[str], chosen: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Languages of a target that a variant perturbs; none if it doesn't suit the target.

    Parameters
    ----------
    name, task : str
        The variant, and the key of the target.
    languages : sequence of str
        Those that the target is scored in.
    chosen : mapping of str to sequence of str
        Kind to the languages it is made in; a kind that is not named is made in all.
    """
    kind = variant(name).kind
    if not kind.suits(TASKS[task]):
        return ()
    codes = (code for code in languages if kind.key not in chosen or code in chosen[kind.key])
    return tuple(code for code in codes if not (kind.parallel and code == "en"))


def variant_fault(
    names: Sequence[str], chosen: Mapping[str, Sequence[str]], targets: Mapping[str, Sequence[str]]
) -> str:
    """Say why a study's variants can't be made; "" if they can.

    Parameters
    ----------
    names : sequence of str
        Variants.
    chosen : mapping of str to sequence of str
        Kind to the languages it is made in.
    targets : mapping of str to sequence of str
        Target to the languages it is scored in.
    """
    if unused := set(chosen) - {variant(name).kind.key for name in names}:
        return f"variant_languages: {sorted(unused)[0]!r} is no kind of the variants ({', '.join(names) or 'none'})"
    for name in names:
        kind = variant(name).kind
        suited = [key for key in targets if kind.suits(TASKS[key])]
        if not suited:
            needs = ", in test sets that are parallel in all languages" if kind.parallel else ""
            return (
                f"variants: {name!r} suits none of the targets {', '.join(targets)}; it is for the formats "
                f"{', '.join(kind.formats)}{needs}. Leave it out, or add such a target"
            )
        perturbed = {key: perturbed_languages(name, key, targets[key], chosen) for key in suited}
        if not any(perturbed.values()):
            return f"variants: {name!r} is left with no language of {', '.join(suited)} to perturb"
        for key, codes in perturbed.items():
            if kind.parallel and codes and "en" not in targets[key]:
                return f"variants: {name!r} takes texts from English: add 'en' to the languages of target {key!r}"
            if strange := [code for code in codes if not kind.knows(code)]:
                told = ", ".join(f"{LANGUAGES[code].name} ({code})" for code in strange)
                return (
                    f"variants: {name!r} can't be made of target {key!r} in {told}, for want of {kind.lacks}. Name the "
                    f"languages to perturb in evaluation.variant_languages.{kind.key}, or leave the variant or these "
                    "languages out"
                )
    return ""
