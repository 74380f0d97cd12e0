"""The rows of texts: length, language, script, entropy, what hides in them.

All of it is computed by Polars' expressions and NumPy, a batch of rows at a time. The language is
a guess: the one whose commonest words make up the largest share of the text, where that share is
large enough and clearly ahead of the next; for writings of one language it is the script's.
"""

import hashlib
from typing import Final

import numpy as np
import polars as pl

from bezoar.core.arrays import Floats
from bezoar.datasets.sample_table.columns import DECODED, TEXT_COLUMNS, schema
from bezoar.datasets.sample_table.pixels import entropy
from bezoar.datasets.unreadable import EMPTY_FILE

_SCRIPTS: Final = (
    *("Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Han"),
    *("Hiragana", "Katakana", "Hangul", "Devanagari", "Bengali", "Tamil", "Thai"),
)
_OF_SCRIPT: Final = {
    "Greek": "el",
    "Hebrew": "he",
    "Hiragana": "ja",
    "Katakana": "ja",
    "Hangul": "ko",
    "Han": "zh",
    "Bengali": "bn",
    "Tamil": "ta",
    "Thai": "th",
}
_COMMON: Final = {
    "de": "der die und das ist nicht mit ein eine den von zu auf sich",
    "en": "the and of to is that with for was are it this have you",
    "es": "el los las que una por con para es del se está como",
    "fr": "le les des est une que pour dans et pas sur vous ce",
    "it": "il di che è per una sono non con del gli della",
    "nl": "het een van niet dat op te zijn voor met ik je",
    "pl": "nie się jest na że to do jak ale co",
    "pt": "o que não uma os para com em do da um é",
    "ru": "и в не на что я с он как это по",  # noqa: RUF001 - Russian
    "sv": "och att det som är på för inte av den jag",
    "tr": "ve bir bu için ile çok da ne",
    "uk": "і в не на що я з як це та",  # noqa: RUF001 - Ukrainian
}
_ENOUGH: Final = 0.1
_AHEAD: Final = 1.3
_URL: Final = r"(?i)\b(?:https?://|ftp://|www\.)\S"
_CONTROLS: Final = (
    r"[\x{0}-\x{8}\x{B}\x{C}\x{E}-\x{1F}\x{7F}-\x{9F}"  # controls, but tab and line ends
    r"\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{FEFF}\x{E0000}-\x{E007F}]"
)
_SCHEMA: Final = schema(TEXT_COLUMNS)


def text_rows(texts: pl.Series, labels: pl.Series | None, start: int) -> pl.DataFrame:
    """Return the rows of some texts, in their order.

    What is known only of the whole table (`path`, `near_dup_group`) is null.

    Args:
        texts: The texts; null where there is none.
        labels: Their classes.
        start: The position of the first of them.
    """
    text = texts.alias("text").fill_null("")
    frame = pl.DataFrame({"text": text})
    digests = [hashlib.sha256(value.encode()).digest() for value in text]
    known = texts.is_not_null() & (text.str.len_bytes() > 0)
    counted = frame.select(
        pl.col("text").str.len_bytes().cast(pl.Int64).alias("bytes"),
        pl.col("text").str.len_chars().cast(pl.Int64).alias("characters"),
        pl.col("text").str.count_matches(r"\S+").cast(pl.Int64).alias("words"),
        pl.col("text").str.count_matches(_URL).cast(pl.Int32).alias("urls"),
        pl.col("text").str.count_matches(_CONTROLS).cast(pl.Int32).alias("control_characters"),
        *_script(),
    )
    spelled = text.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    table = counted.with_columns(
        _language(frame, counted),
        pl.Series("sha256", digests, pl.Binary),
        pl.Series("text_sha256", [hashlib.sha256(one.encode()).digest() for one in spelled]),
        pl.Series("entropy", _byte_entropy(text), pl.Float32),
        pl.Series("position", np.arange(start, start + len(text)), pl.Int64),
        (
            pl.Series([None] * len(text), dtype=pl.String)
            if labels is None
            else labels.cast(pl.String)
        ).alias("label"),
        pl.Series("outcome", np.where(known, DECODED, EMPTY_FILE.name)),
        pl.Series("outcome_why", np.where(known, "", "there is no text"), pl.String).replace(
            "", None
        ),
    )
    missing = [
        pl.lit(None, kind).alias(name)
        for name, kind in _SCHEMA.items()
        if name not in table.columns
    ]
    return table.with_columns(missing).select(_SCHEMA.names()).cast(_SCHEMA)


def _script() -> list[pl.Expr]:
    """Return the script of most letters, and how many scripts there are."""
    counts = [pl.col("text").str.count_matches(rf"\p{{{name}}}") for name in _SCRIPTS]
    together = pl.concat_list(counts)
    most = together.list.max() > 0
    names = dict(enumerate(_SCRIPTS))
    best = together.list.arg_max().cast(pl.Int64).replace_strict(names, return_dtype=pl.String)
    several = pl.sum_horizontal([(count > 0).cast(pl.Int16) for count in counts])
    return [pl.when(most).then(best).alias("script"), several.cast(pl.Int16).alias("scripts")]


def _language(frame: pl.DataFrame, counted: pl.DataFrame) -> pl.Series:
    hits = np.stack(
        [
            frame["text"].str.count_matches(rf"(?i)\b(?:{words.replace(' ', '|')})\b").to_numpy()
            for words in _COMMON.values()
        ]
    )
    ordered = np.sort(hits, axis=0)
    enough = ordered[-1] >= np.maximum(2, _ENOUGH * counted["words"].to_numpy())
    sure = enough & (ordered[-1] >= _AHEAD * ordered[-2])
    by_words = np.array(list(_COMMON))[hits.argmax(0)]
    kana = frame["text"].str.contains(r"[\p{Hiragana}\p{Katakana}]")
    by_script = counted["script"].replace_strict(_OF_SCRIPT, default=None, return_dtype=pl.String)
    guessed = pl.Series(np.where(sure, by_words, ""), dtype=pl.String).replace("", None)
    by_script = by_script.zip_with(
        ~kana, pl.Series(["ja"], dtype=pl.String).new_from_index(0, len(kana))
    )
    return by_script.zip_with(by_script.is_not_null(), guessed).alias("language")


def _byte_entropy(text: pl.Series) -> Floats:
    """Return the entropy of each text's UTF-8 bytes."""
    counts = [np.bincount(np.frombuffer(one.encode(), np.uint8), minlength=256) for one in text]
    return entropy(np.array(counts, np.int64).reshape(-1, 256))
