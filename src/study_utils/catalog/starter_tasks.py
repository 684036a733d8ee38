"""Tasks made from sentences that installed packages ship: one declaration each.

Labels and languages follow the rules in `tests/data/starter/starter_rules.py`; a test computes them anew from the
packages and compares.
"""

from __future__ import annotations

from study_utils.catalog.retrieval import Retrieval
from study_utils.catalog.schema import StarterRows, Task

_ENGLISH = ("en",)

_INTENT_LANGUAGES = tuple(
    "en af ar bg bn ca cs da de el es eu fa fi fr ga gl he hi hr hu is it ko lt lv ml ne nl no pl pt ro ru sk sl sr sv "
    "th uk vi zh".split()
)
_SLOT_LANGUAGES = tuple(code for code in _INTENT_LANGUAGES if code != "th")
_MESSAGE_LANGUAGES = tuple(
    "af ar az bg bn ca cs da de el es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka ko lt lv ml mn mr ms ne nl no "
    "pl pt ro ru sk sl sq sr sv sw th tr uk vi zh".split()
)

_INTENTS = tuple(
    "cancel_all_timers cancel_timer climate_get_temperature climate_set_temperature decrease_timer fan_set_speed "
    "get_state get_weather increase_timer light_set list_add_item list_complete_item media_next media_pause "
    "media_player_mute media_player_unmute media_previous media_search_and_play media_unpause pause_timer respond "
    "set_position set_volume start_timer timer_status turn_off turn_on unpause_timer vacuum_clean_area".split()
)
_SLOTS = tuple(
    "area brightness colour device_class duration floor item media_class name percentage query state temperature "
    "volume".split()
)
_DOMAINS = tuple("climate cover fan light lock media_player scene switch timer todo".split())

_UTTERANCE_LICENCE = "Apache-2.0 (home-assistant-intents)"
_UTTERANCE_CITATION = "Sentence templates of the package home-assistant-intents, parsed with hassil"
_MESSAGE_LICENCE = "BSD-3-Clause (Django)"
_MESSAGE_CITATION = "Translation catalogues of the package Django"


def _rows(recipe: str, split: str, languages: tuple[str, ...] = _ENGLISH) -> StarterRows:
    return StarterRows(recipe=recipe, split=split, languages=languages)


STARTER_TASKS: tuple[Task, ...] = (
    Task(
        key="intent",
        title="Intent",
        format="classify",
        labels=_INTENTS,
        metric="accuracy",
        train=_rows("intent", "train"),
        validation=_rows("intent", "validation"),
        test=_rows("intent", "test", _INTENT_LANGUAGES),
        train_in=_rows("intent", "train", _INTENT_LANGUAGES[1:]),
        validation_in=_rows("intent", "validation", _INTENT_LANGUAGES[1:]),
        chance=1 / len(_INTENTS),
        licence=_UTTERANCE_LICENCE,
        citation=_UTTERANCE_CITATION,
        note="What a spoken command asks for; sampled from templates that speakers of each language wrote.",
    ),
    Task(
        key="slots",
        title="Slots",
        format="tag",
        labels=("O", *(f"{prefix}-{name}" for name in _SLOTS for prefix in "BI")),
        metric="span_f1",
        train=_rows("slots", "train"),
        validation=_rows("slots", "validation"),
        test=_rows("slots", "test", _SLOT_LANGUAGES),
        train_in=_rows("slots", "train", _SLOT_LANGUAGES[1:]),
        validation_in=_rows("slots", "validation", _SLOT_LANGUAGES[1:]),
        licence=_UTTERANCE_LICENCE,
        citation=_UTTERANCE_CITATION,
        note="Names, places, numbers and the like in the same commands, as BIO tags.",
    ),
    Task(
        key="messages",
        title="Messages",
        format="retrieve",
        retrieval=Retrieval(search="neighbour"),
        metric="accuracy_from_english",
        test=_rows("messages", "test", _MESSAGE_LANGUAGES),
        licence=_MESSAGE_LICENCE,
        citation=_MESSAGE_CITATION,
        note="User-interface messages and their translations, parallel by message; no training.",
    ),
    Task(
        key="utterance_domain",
        title="Domain of a command",
        format="classify",
        labels=_DOMAINS,
        metric="accuracy",
        train=_rows("utterance_domain", "train"),
        validation=_rows("utterance_domain", "validation"),
        chance=1 / len(_DOMAINS),
        licence=_UTTERANCE_LICENCE,
        citation=_UTTERANCE_CITATION,
        note="Near to the targets: the very sentences they are trained on, sorted by the kind of device.",
    ),
    Task(
        key="utterance_match",
        title="Same command?",
        format="classify",
        labels=("same", "different"),
        metric="accuracy",
        train=_rows("utterance_match", "train"),
        validation=_rows("utterance_match", "validation"),
        chance=1 / 2,
        licence=_UTTERANCE_LICENCE,
        citation=_UTTERANCE_CITATION,
        note="Between near and far: pairs of the sentences that the targets are trained on; do both ask for the same?",
    ),
    Task(
        key="message_order",
        title="Word order",
        format="classify",
        labels=("intact", "scrambled"),
        metric="accuracy",
        train=_rows("message_order", "train"),
        validation=_rows("message_order", "validation"),
        chance=1 / 2,
        licence=_MESSAGE_LICENCE,
        citation=_MESSAGE_CITATION,
        note="Far from the targets: English messages, none of them in the retrieval test, intact or scrambled.",
    ),
    Task(
        key="command_choice",
        title="Choice of a command",
        format="choose",
        metric="accuracy",
        train=_rows("command_choice", "train"),
        validation=_rows("command_choice", "validation"),
        test=_rows("command_choice", "test", _INTENT_LANGUAGES),
        train_in=_rows("command_choice", "train", _INTENT_LANGUAGES[1:]),
        validation_in=_rows("command_choice", "validation", _INTENT_LANGUAGES[1:]),
        chance=1 / 3,
        licence=_UTTERANCE_LICENCE,
        citation=_UTTERANCE_CITATION,
        note="Which of three commands asks for the same as a fourth? The wrong ones share words with it.",
    ),
    Task(
        key="slot_answer",
        title="Question for a slot",
        format="answer",
        metric="squad",
        train=_rows("slot_answer", "train"),
        validation=_rows("slot_answer", "validation"),
        test=_rows("slot_answer", "test", _SLOT_LANGUAGES),
        train_in=_rows("slot_answer", "train", _SLOT_LANGUAGES[1:]),
        validation_in=_rows("slot_answer", "validation", _SLOT_LANGUAGES[1:]),
        licence=_UTTERANCE_LICENCE,
        citation=_UTTERANCE_CITATION,
        note="A value in one of two commands; the question is in English in every language and names intent and slot.",
    ),
    Task(
        key="utterance_similarity",
        title="Similarity of commands",
        format="regress",
        metric="spearman",
        train=_rows("utterance_similarity", "train"),
        validation=_rows("utterance_similarity", "validation"),
        test=_rows("utterance_similarity", "test", _INTENT_LANGUAGES),
        train_in=_rows("utterance_similarity", "train", _INTENT_LANGUAGES[1:]),
        validation_in=_rows("utterance_similarity", "validation", _INTENT_LANGUAGES[1:]),
        value_range=(0.0, 3.0),
        licence=_UTTERANCE_LICENCE,
        citation=_UTTERANCE_CITATION,
        note="Two commands share nothing, their intent, also their slots, or also the values of these: 0 to 3.",
    ),
    Task(
        key="message_text",
        title="Message texts",
        format="mask",
        metric="masked_accuracy",
        train=_rows("message_text", "train", (*_ENGLISH, *_MESSAGE_LANGUAGES)),
        validation=_rows("message_text", "validation"),
        licence=_MESSAGE_LICENCE,
        citation=_MESSAGE_CITATION,
        note="User-interface messages that are not in the retrieval test, each language by itself, as plain text.",
    ),
)
