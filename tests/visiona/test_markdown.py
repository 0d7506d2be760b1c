"""Markdown of somebody else's: shown as it is meant, and never more than shown."""

import time

import pytest

from visiona.lib import markdown


def html_of(text: str) -> str:
    return "".join(part.html for part in markdown.parts_of(text))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** *b* ~~c~~", "<strong>a</strong> <em>b</em> <s>c</s>"),
        ("<b onclick=x>a</b>", "&lt;b onclick=x&gt;a&lt;/b&gt;"),
        ("[a](javascript:b)", "[a](javascript:b)"),
        ("[a](JAVASCRIPT&#58;b)", "[a](JAVASCRIPT:b)"),
        ("[a](data:text/html;base64,b)", "[a](data:text/html;base64,b)"),
        ("`<i>`", "<code>&lt;i&gt;</code>"),
        ("a\nb", "a<br>\nb"),
    ],
)
def test_words_keep_their_form_and_nothing_else(text: str, html: str) -> None:
    assert html_of(text) == f'<p dir="auto">{html}</p>\n'


REL = 'target="_blank" rel="noopener nofollow ugc"'


def test_links_open_apart_and_pictures_are_links() -> None:
    assert html_of('[a](https://b.example/?c=1&d="e)') == (
        f'<p dir="auto"><a href="https://b.example/?c=1&amp;d=%22e" {REL}>a</a></p>\n'
    )
    assert html_of("![](https://b.example/c.png)") == (
        f'<p dir="auto"><a href="https://b.example/c.png" {REL}>picture</a></p>\n'
    )


def test_headings_lie_below_those_of_the_page() -> None:
    assert html_of("# a\n\n###### b") == '<h4 dir="auto">a</h4>\n<h6 dir="auto">b</h6>\n'


def test_blocks_of_code_are_text_with_numbers_of_their_own() -> None:
    text = "a\n\n```py x\n<b>\n```\n\n- c\n  ```\n  d\n  ```\n\n~~~\ne\n~~~\n"
    code = [part for part in markdown.parts_of(text) if part.is_code]
    assert [(part.code, part.language, part.number) for part in code] == [
        ("<b>", "py", 0), ("e", "", 1),
    ]  # fmt: skip
    assert markdown.block_of(text, number=1) == "e"
    assert markdown.block_of(text, number=2) == ""


def test_html_is_taken_out_of_all_but_code() -> None:
    assert markdown.without_html("<b>\n\n```\n<i>\n```\n<u>") == "&lt;b>\n\n```\n<i>\n```\n&lt;u>"


@pytest.mark.parametrize("mark", ["[", "*a_ ", ">", "- ", "![", "`", "<a ", "|a"])
def test_what_is_meant_to_take_long_does_not(mark: str) -> None:
    began = time.thread_time()
    markdown.parts_of((mark * 8000)[:8000])
    assert time.thread_time() - began < 2


def test_nothing_is_no_part() -> None:
    assert markdown.parts_of(" \n[a]: https://b.example\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "|" + "a|" * 1000 + "\n" + "|" + "-|" * 1000 + "\n" + "x\n" * 1300,
        "[" * 8000,
        "a\n" * 50_000,
    ],
    ids=["a table", "brackets", "lines"],
)
def test_what_was_made_to_keep_us_busy_is_shown_as_it_was_written(text: str) -> None:
    began = time.thread_time()
    (part,) = markdown.parts_of(text)
    assert (part.is_code, part.code) == (True, text)
    assert markdown.without_html(text) == text
    assert time.thread_time() - began < 1
