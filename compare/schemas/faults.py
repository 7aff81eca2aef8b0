"""What is wrong with a document, in few words: a library's message may hold the whole document."""

from __future__ import annotations

import json

from jsonschema.exceptions import ValidationError, best_match

from compare.documents import shown


def said(fault: ValidationError) -> str:
    """Where and what; of alternatives, of the one that comes nearest."""
    error = best_match([fault])
    where = "$" + "".join(
        f"[{one}]" if isinstance(one, int) else f".{shown(one, 40)}"
        for one in error.absolute_path
    )
    return f"{where}: {_what(error)}"


def _what(error: ValidationError) -> str:
    instance, value = error.instance, error.validator_value
    match error.validator:
        case "type":
            kinds = value if isinstance(value, str) else " or ".join(map(str, value))
            return f"is {_kind(instance)}, not {kinds}"
        case "enum":
            return f"{shown(instance)} is none of {shown(json.dumps(value), 80)}"
        case "const":
            return f"{shown(instance)} is not {shown(value)}"
        case "oneOf" | "not":
            return f"{shown(instance)} breaks {error.validator}"
        case "format":
            return f"{shown(instance)} is no {value}"
        case "pattern" | "minLength" | "maxLength" | "minimum" | "maximum" | "multipleOf":
            return f"{shown(instance)} breaks {error.validator} {shown(value)}"
    return shown(error.message, 100)


def _kind(value: object) -> str:
    names: dict[type, str] = {
        bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array",
    }  # fmt: skip
    return names.get(type(value), "null")
