"""The OpenAPI 3.1 document of the interface, made from what api.py answers by.

Promises: every operation, parameter, answer and field that config/api.yaml declares, and nothing else. Leaves alone:
answering.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from monitor.web import api

if TYPE_CHECKING:
    from monitor.web.api import ApiField, Operation, Parameter
    from monitor.wording import Lang

_PROBLEMS = {"400": "api_400", "401": "api_401", "403": "api_403", "404": "api_404", "409": "api_409", "413": "api_413",
             "429": "api_429", "500": "api_500", "503": "api_503"}
_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": ["string", "null"]}, "integer": {"type": ["integer", "null"]},
    "number": {"type": ["number", "null"]}, "boolean": {"type": ["boolean", "null"]},
    "date": {"type": ["string", "null"]}, "object": {"type": ["object", "null"]},
    "strings": {"type": ["array", "null"], "items": {"type": "string"}},
    "objects": {"type": ["array", "null"], "items": {"type": "object"}}}


def document(lang: Lang, version: str) -> dict[str, Any]:
    declared = api.api()
    paths: dict[str, Any] = {}
    for name, operation in declared.operations.items():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(name, operation, lang)
    return {
        "openapi": "3.1.0",
        "info": {"title": declared.title.say(lang), "description": declared.description.say(lang), "version": version},
        "servers": [{"url": api.ROOT}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {name: {
                "type": "object", "additionalProperties": False, "required": list(schema.whole),
                "properties": {key: _field(each, lang) for key, each in schema.whole.items()}}
                for name, schema in declared.schemas.items() if name not in _taken()}
            | {name: {"type": "object", "additionalProperties": False, "required": ["action", "fact", "state"],
                      "properties": {key: {**_field(each, lang), "type": "string"}
                                     for key, each in declared.schemas[name].whole.items()}} for name in _taken()}}}


def _taken() -> set[str]:
    return {each.takes for each in api.api().operations.values() if each.takes}


def _field(field: ApiField, lang: Lang) -> dict[str, Any]:
    return {**_TYPES[field.type], "description": field.zh if lang == "zh" else field.en}


def _operation(name: str, operation: Operation, lang: Lang) -> dict[str, Any]:
    from monitor.web import pages

    declared = api.api().parameters
    made: dict[str, Any] = {
        "operationId": name, "summary": operation.zh if lang == "zh" else operation.en,
        "parameters": [
            *(_parameter(each, declared[each], "path", lang) for each in re.findall(r"\{(\w+)\}", operation.path)),
            *(_parameter(each, declared[each], "query", lang) for each in operation.parameters)],
        "responses": {
            "200": {"description": pages.say("api_200", lang), "content": {"application/json": {
                "schema": _answer(operation)}}},
            **({"304": {"description": pages.say("api_304", lang)}} if operation.method == "GET" else {}),
            **{status: {"description": pages.say(key, lang), "content": {"application/problem+json": {
                "schema": {"$ref": "#/components/schemas/problem"}}}}
                for status, key in _PROBLEMS.items() if status not in ("409", "413") or operation.takes}}}
    if operation.takes:
        made["requestBody"] = {"required": True, "content": {"application/json": {
            "schema": {"$ref": f"#/components/schemas/{operation.takes}"}}}}
        made["security"] = [{"token": []}]
    return made


def _answer(operation: Operation) -> dict[str, Any]:
    held = {"$ref": f"#/components/schemas/{operation.holds}"}
    if not (operation.pages or operation.whole):
        return held
    properties: dict[str, Any] = {"as_of": {"type": ["string", "null"]}, "items": {"type": "array", "items": held}}
    if operation.pages:
        properties["next"] = {"type": ["string", "null"]}
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


def _parameter(name: str, parameter: Parameter, place: str, lang: Lang) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": parameter.type}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    elif parameter.type == "integer":
        schema |= {"minimum": parameter.least, "maximum": parameter.most}
    elif parameter.type == "string":
        schema |= {"minLength": 1, "maxLength": parameter.longest}
        if parameter.pattern:
            schema["pattern"] = f"^{parameter.pattern}$"
    return {"name": name, "in": place, "required": place == "path" or parameter.needed, "schema": schema,
            "description": parameter.zh if lang == "zh" else parameter.en}
