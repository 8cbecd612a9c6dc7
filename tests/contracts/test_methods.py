"""Each path says which methods it takes, as its contract does, whatever other path looks like it."""

import json
import re
from pathlib import Path

import pytest

from shared.ids import new_id
from tests.builders import Api

DOCUMENTS = Path(__file__).parents[2] / "docs/api"
WRONG = "PROPFIND"


def filled(path: str) -> str:
    """The path with an id for each parameter, or with letters where it is a number's or a name's place."""
    return re.sub(r"\{(\w+)\}", lambda name: str(new_id()) if name[1].endswith("id") else "abc", path)


@pytest.mark.parametrize("service", ["feedback", "scoring", "roadmap"])
async def test_a_wrong_method_is_told_the_right_ones(api: Api, service: str) -> None:
    paths = json.loads((DOCUMENTS / f"{service}.openapi.json").read_text())["paths"]
    assert len(paths) > 20
    for path, operations in paths.items():
        methods = {method.upper() for method in operations if method not in ("parameters", "summary")}
        response = await getattr(api, service).request(WRONG, filled(path))
        allowed = set(response.headers.get("allow", "").split(", "))
        wanted = methods | {"HEAD"} if "GET" in methods else methods
        assert (response.status_code, allowed) == (405, wanted), path


async def test_what_has_a_path_of_its_own_is_nobodys_id(api: Api) -> None:
    for method, path, allowed in (("GET", "/v1/feedback/bulk", "POST"), ("PATCH", "/v1/contacts/bulk", "POST")):
        response = await api.feedback.request(method, path, json={} if method == "PATCH" else None)
        assert (response.status_code, response.headers["allow"]) == (405, allowed), path
