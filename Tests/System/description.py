"""GET /openapi.json as something to check answers and events against."""

import copy
import json

from jsonschema import Draft202012Validator


class Description:
    def __init__(self, document):
        self.document = document
        self.components = copy.deepcopy(document["components"]["schemas"])
        for schema in self.components.values():
            close(schema)

    def problems(self, component, value):
        """What a value has that its schema does not say, members that are not described included."""
        schema = {"$ref": f"#/components/schemas/{component}", "components": {"schemas": self.components}}
        errors = Draft202012Validator(schema).iter_errors(value)
        return [f"{component}{e.json_path[1:]}: {e.message[:300]}" for e in errors]

    def operation(self, method, pattern):
        return self.document["paths"][pattern][method.lower()]

    def answer_component(self, method, pattern, status=200):
        content = self.operation(method, pattern)["responses"][str(status)]["content"]
        return content["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]

    def events(self, pattern):
        """Event name -> component of its data."""
        stream = self.operation("get", pattern)["responses"]["200"]["content"]["text/event-stream"]
        return {name: schema["$ref"].rsplit("/", 1)[1] for name, schema in stream["x-sluice-events"].items()}

    def check_stream(self, pattern, stream):
        """Every event that the client has had; returns their names."""
        events = self.events(pattern)
        for event in list(stream.events):
            assert event.kind in events, event
            assert self.problems(events[event.kind], event.json) == [], json.dumps(event.json)[:2000]
        return {event.kind for event in stream.events}


def close(schema):
    """Forbids members that are not named; recursive."""
    if isinstance(schema, list):
        for element in schema:
            close(element)
    if not isinstance(schema, dict):
        return
    if "properties" in schema and isinstance(schema["properties"], dict):
        schema.setdefault("additionalProperties", False)
        for member in schema["properties"].values():
            close(member)
    for name in ("items", "anyOf", "additionalProperties"):
        close(schema.get(name))
