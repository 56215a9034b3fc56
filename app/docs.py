"""The page `/docs`: the OpenAPI description as plain HTML, without scripts and without the outside world."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

Json = Mapping[str, Any]

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
h3 { margin: 2rem 0 .25rem; border-top: 1px solid #8885; padding-top: 1rem; }
table { border-collapse: collapse; margin: .5rem 0; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
td { border-bottom: 1px solid #8883; }
th { font-weight: 600; white-space: nowrap; }
a { color: inherit; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_BOUNDS = {"minimum": "from", "maximum": "to", "maxLength": "at most"}
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'"


def docs_page(schema: Json) -> str:
    """Write the page for an OpenAPI description."""
    parts = [
        f"<h1>{escape(schema['info']['title'])} API {escape(schema['info']['version'])}</h1>",
        f"<p>{escape(schema['info'].get('description', ''))}</p>",
        '<p>机器可读 / for machines: <a href="/openapi.json">openapi.json</a></p>',
        *_operations(schema),
        "<h2>Bodies</h2>",
        *(_body(name, each) for name, each in schema["components"]["schemas"].items()),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(schema['info']['title'])} API</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>"
    )


def _operations(schema: Json) -> Iterator[str]:
    group = None
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            tag = operation.get("tags", ["other"])[0]
            if tag != group:
                group = tag
                yield f"<h2>{escape(tag)}</h2>"
            yield _operation(method, path, operation)


def _operation(method: str, path: str, operation: Json) -> str:
    text = operation.get("description") or operation.get("summary", "")
    rows = [
        (
            f"<code>{escape(each['name'])}</code>{' *' if each.get('required') else ''}",
            f"{escape(each['in'])}, {_type(each['schema'])}",
            escape(each.get("description") or each["schema"].get("description", "")),
            _examples(each["schema"]),
        )
        for each in operation.get("parameters", [])
    ]
    if sent := operation.get("requestBody"):
        rows.append(("body *", _content(sent), escape(sent.get("description", "")), ""))
    answers = [
        (f"<code>{status}</code>", _content(answer), escape(answer.get("description", "")))
        for status, answer in operation["responses"].items()
    ]
    return (
        f"<h3><code>{method.upper()} {escape(path)}</code></h3><p>{escape(text)}</p>"
        f"{_table(('parameter', 'type', 'meaning', 'example'), rows)}"
        f"{_table(('answer', 'body', 'meaning'), answers)}"
    )


def _body(name: str, schema: Json) -> str:
    required = set(schema.get("required", []))
    rows = [
        (
            f"<code>{escape(field)}</code>{' *' if field in required else ''}",
            _type(each),
            escape(each.get("description", "")),
            _examples(each),
        )
        for field, each in schema.get("properties", {}).items()
    ]
    values = ", ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", []))
    return (
        f'<h3 id="{escape(name)}">{escape(name)}</h3><p>{escape(schema.get("description", ""))} {values}</p>'
        f"{_table(('field', 'type', 'meaning', 'example'), rows)}"
    )


def _content(answer: Json) -> str:
    return ", ".join(
        f"{escape(media)} {_type(body.get('schema', {}))}"
        for media, body in answer.get("content", {}).items()
    )


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    bounds = [f"{word} {schema[key]}" for key, word in _BOUNDS.items() if key in schema]
    default = [f"else {escape(json.dumps(schema['default']))}"] if schema.get("default") is not None else []
    return " ".join([escape(schema.get("format") or schema.get("type", "")), *bounds, *default])


def _examples(schema: Json) -> str:
    return ", ".join(
        f"<code>{escape(json.dumps(each, ensure_ascii=False))}</code>" for each in schema.get("examples", [])
    )


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{each}</th>' for each in head)}</tr>{cells}</table>"
