"""Run as a program of its own: a Vega-Lite chart on standard input becomes a picture on standard output.

Argument: `svg` or `png`. Nothing is fetched, whatever the chart says.
"""

import sys

import vl_convert


def main(form: str) -> None:
    """Draw one chart."""
    spec = sys.stdin.buffer.read().decode()
    if form == "png":
        picture = vl_convert.vegalite_to_png(spec, vl_version="6.4", scale=2, allowed_base_urls=[])
    else:
        picture = vl_convert.vegalite_to_svg(spec, vl_version="6.4", allowed_base_urls=[]).encode()
    sys.stdout.buffer.write(picture)


if __name__ == "__main__":
    main(sys.argv[1])
