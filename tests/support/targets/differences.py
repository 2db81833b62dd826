"""What differs on purpose between the embedded controller, which keeps the documentation's promises,
and the public one: by compatibility row. Nothing else may differ."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen


@frozen
class Kind:
    """What there is to differ by.

    Attributes:
        public: it is the public controller, or behaves like it.
        cuts: its embeddings work, and so it cuts each text for a preview.
        embeds: its embeddings and its vector store work.
        llm: it has a language model.
    """

    public: bool
    cuts: bool
    embeds: bool
    llm: bool


@frozen
class Difference:
    """One row's difference: where it shows, what the promise is, and what is seen there instead."""

    shows: Callable[[Kind], bool]
    promised: str
    instead: str


def _public(kind: Kind) -> bool:
    return kind.public


def _public_that_cuts(kind: Kind) -> bool:
    return kind.public and kind.cuts


def _public_that_embeds(kind: Kind) -> bool:
    return kind.public and kind.embeds


def _public_without_embeddings(kind: Kind) -> bool:
    return kind.public and not kind.embeds


def _public_without_llm(kind: Kind) -> bool:
    return kind.public and not kind.llm


DIFFERENCES: dict[int, Difference] = {
    3: Difference(
        _public_that_cuts,
        "any text is stored",
        "text cut at byte 100 is an error unless align_multibyte is on",
    ),
    6: Difference(_public, "the list's own filter filters", "it gives nothing; the client scans"),
    8: Difference(_public, "the count's own label is exact", "it is contained, in any case"),
    9: Difference(_public, "the head of a conversation counts its messages", "0"),
    10: Difference(_public, "the operation update_folder keeps the label", "it becomes the folder"),
    12: Difference(_public, "memory_update changes status and importance", "it only says so"),
    15: Difference(_public, "the filters of a query filter", "they have no effect"),
    16: Difference(_public_without_embeddings, "healthy", "unhealthy, and a search is an error"),
    19: Difference(_public, "labels come with a confidence reckoned for each", "0.9 or 0.6"),
    20: Difference(_public_without_llm, "previews are made of the text", "an error that says so"),
    21: Difference(_public, "the tool memory_prune answers", "an error that names another way"),
    22: Difference(_public_that_embeds, "what is deleted is gone", "an error; it is still there"),
    23: Difference(_public, "a controller in process asks for no key", "a wrong key is an error"),
    27: Difference(_public_without_llm, "a summary of the text", "a placeholder"),
    33: Difference(_public_without_embeddings, "a context", "an error, not one of the newest"),
    35: Difference(_public, "CJK text is found inside a run of it", "a run is one word"),
}
