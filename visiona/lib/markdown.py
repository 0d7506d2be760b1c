"""Show Markdown that somebody else wrote: its form is ours, and nothing in it can act.

Two lines of defense: the parser makes no HTML of the writer's own, and what it makes passes a list
of what may be there at all. Blocks of code are given as plain text, for a template to frame.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import nh3
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {
    *("p", "br", "hr", "h4", "h5", "h6", "strong", "em", "s", "a", "blockquote"),
    *("ul", "ol", "li", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "div"),
}
ATTRIBUTES = {"a": {"href", "target"}, "ol": {"start"}, "div": {"class", "tabindex"}}
"""`dir` may stand on all of them besides."""
SCHEMES = {"http", "https", "mailto"}
REL = "noopener nofollow ugc"
DIRECTED = re.compile(
    r"(paragraph|heading|blockquote|bullet_list|ordered_list|list_item|th|td)_open"
)
"""What may be written from right to left, each for itself."""
LONGEST = 40_000
MOST_CELLS = 20_000
MOST_BRACKETS = 500
HEADINGS_BELOW = 3
"""An answer lies under a heading of the page: its own begin at the fourth level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a text: words as HTML, or a block of code as it was written."""

    html: str = ""
    code: str = ""
    language: str = ""
    number: int = 0
    """Which block of code of the text it is, from 0."""

    @property
    def is_code(self) -> bool:
        """Whether it is a block of code."""
        return not self.html


def parts_of(text: str) -> list[Part]:
    """Return a text as words and blocks of code, in their order.

    What was made to keep a parser busy is one block, as it was written.
    """
    if _is_heavy(text):
        return [Part(code=text)]
    parser = _parser()
    environment: dict[str, Any] = {}
    tokens = parser.parse(text, environment)
    parts = _parts(parser, tokens, environment)
    return [part for part in parts if part.html or part.code]


def block_of(text: str, *, number: int) -> str:
    """Return the block of code that `parts_of` gives this number; without one, nothing."""
    blocks = (part.code for part in parts_of(text) if part.is_code and part.number == number)
    return next(blocks, "")


def without_html(text: str) -> str:
    """Return Markdown in which nothing can be read as HTML; blocks of code stay as they are."""
    code: set[int] = set()
    for token in _block_parser().parse(text):
        if token.type in {"fence", "code_block"} and token.map:
            code.update(range(*token.map))
    # As the parser counts lines: other separators are part of one.
    lines = re.split(r"\r\n|\r|\n", text)
    return "\n".join(
        line if number in code else line.replace("<", "&lt;") for number, line in enumerate(lines)
    )


def _is_heavy(text: str) -> bool:
    """Whether a small text would make a large page, or take long to read."""
    widest = max((line.count("|") for line in text.splitlines()), default=0)
    cells = widest * text.count("\n")
    return len(text) > LONGEST or cells > MOST_CELLS or text.count("[") > MOST_BRACKETS


def _parts(
    parser: MarkdownIt, tokens: Sequence[Token], environment: dict[str, Any]
) -> Iterator[Part]:
    words: list[Token] = []
    number = 0
    for token in tokens:
        if token.level or token.type not in {"fence", "code_block"}:
            words.append(token)
            continue
        if words:
            yield _words(parser, words, environment)
            words = []
        language = token.info.split()[0] if token.info.split() else ""
        yield Part(code=token.content.removesuffix("\n"), language=language, number=number)
        number += 1
    if words:
        yield _words(parser, words, environment)


def _words(parser: MarkdownIt, tokens: Sequence[Token], environment: dict[str, Any]) -> Part:
    for token in tokens:
        _dress(token)
    html = parser.renderer.render(tokens, parser.options, environment)
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes={**ATTRIBUTES, "*": {"dir"}},
        url_schemes=SCHEMES,
        link_rel=REL,
    )
    return Part(html=mark_safe(clean))  # noqa: S308 (nh3 has just cleaned it)


def _dress(token: Token) -> None:
    if DIRECTED.fullmatch(token.type):
        token.attrSet("dir", "auto")
    if token.type.startswith("heading_"):
        token.tag = f"h{min(int(token.tag[1:]) + HEADINGS_BELOW, 6)}"
    if token.type in {"th_open", "td_open"}:
        token.attrs.pop("style", None)


@cache
def _block_parser() -> MarkdownIt:
    """Return a parser that only tells blocks of code from all else, which is quick."""
    return MarkdownIt("commonmark", {"html": False}).disable("inline")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable(["table", "strikethrough"])
    parser.add_render_rule("link_open", _link_open)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    return parser


def _link_open(renderer: Any, tokens: Sequence[Token], index: int, *_: Any) -> str:
    del renderer
    address = tokens[index].attrGet("href") or ""
    return format_html('<a href="{}" target="_blank">', address)


def _image(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Name a picture rather than load it: whoever serves it would learn who reads this."""
    token = tokens[index]
    words = renderer.renderInlineAsText(token.children or [], options, env) or "picture"
    return format_html('<a href="{}" target="_blank">{}</a>', token.attrGet("src") or "", words)


def _table_open(*_: Any) -> str:
    return '<div class="table-box" tabindex="0"><table>'


def _table_close(*_: Any) -> str:
    return "</table></div>"
