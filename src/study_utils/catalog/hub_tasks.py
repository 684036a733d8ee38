"""Tasks whose rows are on the hub, or in a mirror folder of the same layout: one declaration each."""

from __future__ import annotations

from collections.abc import Mapping

from study_utils.catalog.schema import HubRows, Task

# --- revisions: the commit that public code pins for each data set --------------------------------------------

_GLUE = "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"
_SNLI = "cdb5c3d5eed6ead6e5a341c8e56e669bb666725b"
_XNLI = "b8dd5d7af51114dbda02c0e3f6133f332186418e"
_SIB200 = "38977a667f6fc264d5c26ec57a01e16db040b358"
_TATOEBA = "69e8f12da6e31d59addadda9a9c8a2e601a0e282"
_UD = "2.7"

# --- language to hub config, where a data set has codes of its own ---------------------------------------------

_XNLI_LANGUAGES = "en ar bg de el es fr hi ru sw th tr ur vi zh".split()

_TREEBANKS = {
    **dict(en="en_ewt", af="af_afribooms", ar="ar_padt", bg="bg_btb", de="de_gsd", el="el_gdt", es="es_gsd"),
    **dict(eu="eu_bdt", fa="fa_seraji", fi="fi_tdt", fr="fr_gsd", he="he_htb", it="it_isdt", kk="kk_ktb"),
    **dict(lt="lt_hse", mr="mr_ufal", nl="nl_alpino", pl="pl_pdb", pt="pt_gsd", ro="ro_rrt", ru="ru_gsd"),
    **dict(ta="ta_ttb", th="th_pud", tr="tr_imst", uk="uk_iu", ur="ur_udtb", wo="wo_wtb", yo="yo_ytb"),
    **dict(zh="zh_gsd"),
}

_SIB200_CONFIGS = {
    **dict(en="eng_Latn", af="afr_Latn", ar="arb_Arab", az="azj_Latn", bg="bul_Cyrl", bn="ben_Beng"),
    **dict(de="deu_Latn", el="ell_Grek", es="spa_Latn", et="est_Latn", eu="eus_Latn", fa="pes_Arab"),
    **dict(fi="fin_Latn", fr="fra_Latn", gu="guj_Gujr", he="heb_Hebr", hi="hin_Deva", ht="hat_Latn"),
    **dict(hu="hun_Latn", id="ind_Latn", it="ita_Latn", ja="jpn_Jpan", jv="jav_Latn", ka="kat_Geor"),
    **dict(kk="kaz_Cyrl", ko="kor_Hang", lt="lit_Latn", ml="mal_Mlym", mr="mar_Deva", ms="zsm_Latn"),
    **dict(my="mya_Mymr", nl="nld_Latn", pa="pan_Guru", pl="pol_Latn", pt="por_Latn", qu="quy_Latn"),
    **dict(ro="ron_Latn", ru="rus_Cyrl", sw="swh_Latn", ta="tam_Taml", te="tel_Telu", th="tha_Thai"),
    **dict(tl="tgl_Latn", tr="tur_Latn", uk="ukr_Cyrl", ur="urd_Arab", vi="vie_Latn", wo="wol_Latn"),
    **dict(yo="yor_Latn", zh="zho_Hans", am="amh_Ethi", ha="hau_Latn", ig="ibo_Latn", rw="kin_Latn"),
    **dict(so="som_Latn", xh="xho_Latn", zu="zul_Latn", ne="npi_Deva", si="sin_Sinh", km="khm_Khmr"),
}

_TATOEBA_CODES = {
    **dict(af="afr", ar="ara", az="aze", bg="bul", bn="ben", de="deu", el="ell", es="spa", et="est"),
    **dict(eu="eus", fa="pes", fi="fin", fr="fra", he="heb", hi="hin", hu="hun", id="ind", it="ita"),
    **dict(ja="jpn", jv="jav", ka="kat", kk="kaz", ko="kor", lt="lit", ml="mal", mr="mar", nl="nld"),
    **dict(pl="pol", pt="por", ro="ron", ru="rus", sw="swh", ta="tam", te="tel", th="tha", tl="tgl"),
    **dict(tr="tur", uk="ukr", ur="urd", vi="vie", zh="cmn"),
}

_NLI_LABELS = ("entailment", "neutral", "contradiction")
_NLI_COLUMNS = {"text": "premise", "text_pair": "hypothesis", "label": "label"}
_UPOS = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split()


def _glue(config: str, split: str, columns: Mapping[str, str]) -> HubRows:
    return HubRows(hub_id="nyu-mll/glue", revision=_GLUE, split=split, configs={"en": config}, columns=columns)


def _xnli(split: str, languages: list[str]) -> HubRows:
    return HubRows(
        hub_id="facebook/xnli",
        revision=_XNLI,
        split=split,
        configs={code: code for code in languages},
        columns=_NLI_COLUMNS,
    )


def _snli(split: str) -> HubRows:
    return HubRows(
        hub_id="stanfordnlp/snli",
        revision=_SNLI,
        split=split,
        configs={"en": "plain_text"},
        columns=_NLI_COLUMNS,
        unlabelled=(-1,),
    )


def _ud(split: str, treebanks: Mapping[str, str]) -> HubRows:
    return HubRows(
        hub_id="commul/universal_dependencies",
        revision=_UD,
        split=split,
        configs=treebanks,
        columns={"tokens": "tokens", "tags": "upos"},
        unlabelled=("_",),
    )


def _sib200(split: str, configs: Mapping[str, str]) -> HubRows:
    return HubRows(
        hub_id="Davlan/sib200",
        revision=_SIB200,
        split=split,
        configs=configs,
        columns={"id": "index_id", "text": "text", "label": "category"},
    )


HUB_TASKS = (
    Task(
        key="xnli",
        title="XNLI",
        format="classify",
        labels=_NLI_LABELS,
        metric="accuracy",
        train=_glue("mnli", "train", _NLI_COLUMNS),
        validation=_xnli("validation", ["en"]),
        test=_xnli("test", _XNLI_LANGUAGES),
        chance=1 / 3,
        same_data=("mnli",),
        licence="CC BY-NC 4.0",
        citation="Conneau et al. 2018, arXiv 1809.05053",
        note="Trained on English MNLI; selected on the English development set; test sentences are parallel.",
    ),
    Task(
        key="udpos",
        title="UD-POS",
        format="tag",
        labels=tuple(_UPOS),
        metric="token_accuracy",
        train=_ud("train", {"en": "en_ewt"}),
        validation=_ud("validation", {"en": "en_ewt"}),
        test=_ud("test", _TREEBANKS),
        licence="one per treebank, mostly CC BY-SA and CC BY-NC-SA",
        citation="Universal Dependencies 2.7",
        note="Syntactic words, one treebank a language: not the benchmark's concatenation with fused words.",
    ),
    Task(
        key="sib200",
        title="SIB-200",
        format="classify",
        labels=(
            "entertainment",
            "geography",
            "health",
            "politics",
            "science/technology",
            "sports",
            "travel",
        ),
        metric="accuracy",
        train=_sib200("train", {"en": "eng_Latn"}),
        validation=_sib200("validation", {"en": "eng_Latn"}),
        test=_sib200("test", _SIB200_CONFIGS),
        chance=1 / 7,
        licence="CC BY-SA 4.0",
        citation="Adelani et al. 2024, arXiv 2309.07445",
        note="Topic of a FLORES-200 sentence, parallel across languages.",
    ),
    Task(
        key="tatoeba",
        title="Tatoeba",
        format="retrieve",
        metric="accuracy_from_english",
        test=HubRows(
            hub_id="mteb/tatoeba-bitext-mining",
            revision=_TATOEBA,
            split="test",
            configs={code: f"{name}-eng" for code, name in _TATOEBA_CODES.items()},
            columns={"text": "sentence1", "translation": "sentence2"},
        ),
        licence="CC BY 2.0",
        citation="Artetxe and Schwenk 2019, arXiv 1812.10464",
        note="No training. English sentences query the foreign ones, as the official code does; both directions kept.",
    ),
    Task(
        key="mnli",
        title="MNLI",
        format="classify",
        labels=_NLI_LABELS,
        metric="accuracy",
        train=_glue("mnli", "train", _NLI_COLUMNS),
        validation=_glue("mnli", "validation_matched", _NLI_COLUMNS),
        chance=1 / 3,
        same_data=("xnli",),
        licence="OANC, CC BY 3.0, CC BY-SA 3.0 (by genre)",
        citation="Williams et al. 2018, arXiv 1704.05426",
    ),
    Task(
        key="snli",
        title="SNLI",
        format="classify",
        labels=_NLI_LABELS,
        metric="accuracy",
        train=_snli("train"),
        validation=_snli("validation"),
        chance=1 / 3,
        licence="CC BY-SA 4.0",
        citation="Bowman et al. 2015, arXiv 1508.05326",
    ),
    Task(
        key="sst2",
        title="SST-2",
        format="classify",
        labels=("negative", "positive"),
        metric="accuracy",
        train=_glue("sst2", "train", {"text": "sentence", "label": "label"}),
        validation=_glue("sst2", "validation", {"text": "sentence", "label": "label"}),
        chance=1 / 2,
        licence="not stated (research use)",
        citation="Socher et al. 2013",
    ),
    Task(
        key="stsb",
        title="STS-B",
        format="regress",
        metric="spearman",
        train=_glue("stsb", "train", {"text": "sentence1", "text_pair": "sentence2", "label": "label"}),
        validation=_glue("stsb", "validation", {"text": "sentence1", "text_pair": "sentence2", "label": "label"}),
        value_range=(0.0, 5.0),
        licence="CC BY-SA 4.0",
        citation="Cer et al. 2017, arXiv 1708.00055",
    ),
)
