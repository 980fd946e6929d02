"""What a row of a corpus is."""

import typing


class Row(typing.NamedTuple):
    """One link of one document, with its answer."""

    # What it is an example of.
    kind: str
    # The document, below the corpus.
    path: str
    # The address as it is written.
    link: str
    # `fine`, `broken`, `open` (neither can be known, or it is no address), `unseen` (it is no link).
    answer: str
    # The one verdict of podkeeper's that is right, where the answer leaves several.
    verdict: str = ""
    # Whether podkeeper may leave it open, because only whoever builds the site knows.
    may_be_open: bool = False
