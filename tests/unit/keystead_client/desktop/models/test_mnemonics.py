"""Letters to press: one a button, never two buttons a letter, and the words stay the words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keystead_client.desktop.models.mnemonics import with_mnemonics

labels = st.lists(st.text(st.sampled_from("ab &Äø-"), max_size=8), max_size=8)


def letter(marked: str) -> str | None:
    bare = marked.replace("&&", "")
    return bare[bare.index("&") + 1].casefold() if "&" in bare else None


@given(labels, st.sampled_from(["", "a", "AB"]))
def test_mnemonics_are_unique_and_keep_the_text(tr: list[str], taken: str) -> None:
    marked = with_mnemonics(tr, taken)
    given_letters = [one for text in marked if (one := letter(text)) is not None]
    assert len(set(given_letters)) == len(given_letters)
    assert not set(given_letters) & set(taken.casefold())
    words = [text.replace("&&", "\0").replace("&", "").replace("\0", "&") for text in marked]
    assert words == tr


def test_beginnings_of_words_come_first() -> None:
    assert with_mnemonics(["Continue", "Cancel it", "Copy"]) == ("&Continue", "Cancel &it", "C&opy")
