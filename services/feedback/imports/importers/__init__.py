"""What people leave: for each vendor a pure module that turns a row of its export into records of ours."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from services.feedback.imports.importers import canny, fider, logchimp, productboard, quackback, uservoice
from services.feedback.mappings.kinds import Record

Vendor = Literal["canny", "fider", "uservoice", "productboard", "quackback", "logchimp"]
VENDORS: tuple[Vendor, ...] = get_args(Vendor)
Importer = Callable[[Mapping[str, Any]], list[Record]]
IMPORTERS: dict[Vendor, Importer] = {
    "canny": canny.read,
    "fider": fider.read,
    "uservoice": uservoice.read,
    "productboard": productboard.read,
    "quackback": quackback.read,
    "logchimp": logchimp.read,
}
