"""Run as a program of its own: a Vega-Lite chart on standard input becomes a picture on standard output.

Argument: `svg` or `png`. Nothing is fetched, whatever the chart says.

Whoever shows an SVG has fonts of their own. A PNG is drawn with those that are here, and of a letter that none of them
has an empty box would be left: in its place stands a mark, and the chart says what the mark is for.
"""

import json
import re
import sys
from collections.abc import Iterator
from html import escape
from typing import Any, cast

import vl_convert

NOBODYS = "\U0010fffd"
"""For private use, so no font has it: what is drawn of it is the box."""
MARK = "[…]"
SAID = f"{MARK} stands for letters that no font on the server has; the chart in words (.txt) and its SVG have them"
_LETTER = """<svg xmlns="http://www.w3.org/2000/svg" width="40" height="24">
<text x="2" y="18" font-family="sans-serif" font-size="12">{}</text></svg>"""


def main(form: str) -> None:
    """Draw one chart."""
    spec = sys.stdin.buffer.read().decode()
    if form == "png":
        drawable = without_boxes(json.loads(spec))
        picture = vl_convert.vegalite_to_png(drawable, vl_version="6.4", scale=2, allowed_base_urls=[])
    else:
        picture = vl_convert.vegalite_to_svg(spec, vl_version="6.4", allowed_base_urls=[]).encode()
    sys.stdout.buffer.write(picture)


def without_boxes(chart: dict[str, Any]) -> dict[str, Any]:
    """The chart with a mark for runs of letters that cannot be drawn; what was different stays different."""
    texts = sorted(set(_texts(chart)))
    box = _drawn(NOBODYS)
    # About a millisecond for each letter.
    missing = {letter for letter in set("".join(texts)) if ord(letter) > 0x7E and _drawn(letter) == box}
    if not missing:
        return chart
    letters = f"[{re.escape(''.join(sorted(missing)))}]"
    runs = re.compile(f"{letters}+(?: +{letters}+)*")
    marked: dict[str, str] = {}
    taken = set(texts)
    for text in texts:
        if missing.isdisjoint(text):
            continue
        plain = runs.sub(MARK, text)
        number, wanted = 1, plain
        while wanted in taken:
            number += 1
            wanted = f"{plain} {number}"
        taken.add(wanted)
        marked[text] = wanted
    drawable = _marked(chart, marked)
    title = drawable.get("title")
    held = cast("dict[str, Any]", title) if isinstance(title, dict) else {"text": title}
    lines: Any = held.get("subtitle") or []
    drawable["title"] = {**held, "subtitle": [*([lines] if isinstance(lines, str) else lines), SAID]}
    return drawable


def _drawn(letter: str) -> bytes:
    return vl_convert.svg_to_png(_LETTER.format(escape(letter)))


def _texts(held: Any) -> Iterator[str]:
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict):
        yield from _texts(list(cast("dict[str, Any]", held).values()))
    elif isinstance(held, list):
        for value in cast("list[Any]", held):
            yield from _texts(value)


def _marked(held: Any, marked: dict[str, str]) -> Any:
    if isinstance(held, str):
        return marked.get(held, held)
    if isinstance(held, dict):
        return {name: _marked(value, marked) for name, value in cast("dict[str, Any]", held).items()}
    if isinstance(held, list):
        return [_marked(value, marked) for value in cast("list[Any]", held)]
    return held


if __name__ == "__main__":
    main(sys.argv[1])
