"""What shape of answer a request demands, whatever dialect it was asked in: a schema, choices, tools.

Chat completions ask with `response_format`, `tools` and (first years) `functions`; responses with
`text.format` and `tools`; vLLM with `guided_json`, `guided_choice` and `structured_outputs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compare.dialects.values import Object, members, objects, parsed, text


@dataclass(frozen=True, slots=True)
class Contract:
    """What an answer's shape must be.

    `json`: a JSON document is demanded, of `schema` where there is one. `choices`: one of these words.
    `tools`: the schema of the arguments by the function's name, an empty one where none was given.
    `legacy`: functions were offered as in the API's first years, and no tools.
    """

    json: bool = False
    schema: Object | None = None
    choices: tuple[str, ...] = ()
    tools: Mapping[str, Object] = field(default_factory=dict)
    legacy: bool = False


def of(body: Object) -> Contract:
    """The contract of a request's body; an empty one of a body that demands nothing."""
    demand = members(body, "response_format") or members(members(body, "text"), "format")
    schema = _schema(body, demand)
    tools = _tools(objects(body, "tools"))
    functions = _tools(objects(body, "functions"))
    return Contract(
        json=schema is not None or text(demand, "type") in ("json_object", "json_schema"),
        schema=schema,
        choices=_choices(body),
        tools=functions | tools,
        legacy=bool(functions) and not tools,
    )


def _schema(body: Object, demand: Object) -> Object | None:
    outputs = members(body, "structured_outputs")
    for given in (
        members(demand, "json_schema").get("schema"),
        demand.get("schema"),
        body.get("guided_json"),
        outputs.get("json"),
    ):
        found = parsed(given) if isinstance(given, str) else given
        if isinstance(found, Mapping):
            return found
    return None


def _choices(body: Object) -> tuple[str, ...]:
    given = body.get("guided_choice") or members(body, "structured_outputs").get("choice")
    return (
        tuple(one for one in given if isinstance(one, str)) if isinstance(given, list) else ()
    )


def _tools(offered: list[Object]) -> dict[str, Object]:
    """By name, the schema of each function; chat completions put it a level deeper than responses."""
    functions = [members(one, "function") or one for one in offered]
    return {
        text(one, "name"): members(one, "parameters") for one in functions if text(one, "name")
    }
