"""The OpenAPI contract inside `evolink_client`, read for servers, paths, models, limits and failure codes."""

from __future__ import annotations

import json
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from evolink._json_values import is_list, is_mapping

if TYPE_CHECKING:
    import jsonschema_rs

JSON = dict[str, Any]
BASE = "base"
"""The name of the edition that applies unless another one is chosen: the contract without an overlay."""


class Operation(NamedTuple):
    """Path, method and servers of an operation.

    Attributes:
        path: the path, with parameters in braces, as in `/v1/tasks/{task_id}`.
        method: the HTTP method in upper case.
        servers: the URLs of the operation's own servers; empty if the servers of the contract apply.
    """

    path: str
    method: str
    servers: tuple[str, ...]


class Contract:
    """The strict contract: a request that does not fulfil it breaks a documented rule.

    Args:
        document: the OpenAPI document.
        edition: the edition of the documentation that it states.
    """

    def __init__(self, document: JSON, edition: str = BASE) -> None:
        self.document = document
        self.edition = edition
        self.schemas: JSON = document["components"]["schemas"]

    @property
    def api_url(self) -> str:
        """The URL of the API server."""
        return str(self.document["servers"][0]["url"])

    @property
    def files_url(self) -> str:
        """The URL of the file server."""
        return self.operations["upload_file_stream"].servers[0]

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """Every operation, by its operation id."""
        return {
            operation["operationId"]: Operation(
                path, method.upper(), tuple(server["url"] for server in operation.get("servers", ()))
            )
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        }

    @cached_property
    def references(self) -> dict[str, str]:
        """The `$ref` to the request schema of every documented model, by model id."""
        create = self.request_schema("create_video_generation", "application/json")
        references: dict[str, str] = create["discriminator"]["mapping"]
        return references

    @cached_property
    def models(self) -> dict[str, JSON]:
        """The request schema of every documented model, by model id."""
        return {model: self.resolved({"$ref": reference}) for model, reference in self.references.items()}

    @cached_property
    def failures(self) -> dict[str, JSON]:
        """For each error code of tasks: `retry`, whether the same request can succeed, and `advice`, a sentence."""
        failures: dict[str, JSON] = self.schemas["TaskErrorCode"]["x-failures"]
        return failures

    @property
    def link_seconds(self) -> float:
        """How many seconds a link to a result stays valid."""
        return float(self.schemas["Task"]["properties"]["results"]["x-valid-seconds"])

    def request_schema(self, operation_id: str, content_type: str) -> JSON:
        """Return the schema of an operation's request body, which may be a `$ref`."""
        operation = self.operations[operation_id]
        body = self.document["paths"][operation.path][operation.method.lower()]["requestBody"]
        schema: JSON = body["content"][content_type]["schema"]
        return schema

    def resolved(self, schema: JSON) -> JSON:
        """Return a schema itself, or the schema that its `$ref` leads to."""
        while "$ref" in schema:
            schema = self.at(schema["$ref"].split("/")[1:])
        return schema

    def validator(self, schema: JSON) -> jsonschema_rs.Draft202012Validator:
        """Compile a schema with the schemas that its references lead to, and no others. Errors mask values."""
        import jsonschema_rs  # noqa: PLC0415 - programs without validation do not need it

        components = {name: self.schemas[name] for name in self._reachable(schema)}
        document = {**schema, "components": {"schemas": components}} if components else schema
        return jsonschema_rs.Draft202012Validator(document, validate_formats=True, mask="it")

    def _reachable(self, schema: JSON) -> set[str]:
        """Return the names of the schemas to which the references of a schema lead, directly or not."""
        names: set[str] = set()
        nodes: list[Any] = [schema]
        while nodes:
            node = nodes.pop()
            if is_mapping(node):
                reference = node.get("$ref")
                name = reference.split("/")[3] if isinstance(reference, str) else ""
                if name and name not in names:
                    names.add(name)
                    nodes.append(self.schemas[name])
                nodes.extend(node.values())
            elif is_list(node):
                nodes.extend(node)
        return names

    def at(self, path: list[Any]) -> JSON:
        """Return the schema at a path of keys and indices from the root of the document."""
        node: Any = self.document
        for token in path:
            node = node[token]
        schema: JSON = node
        return schema


@cache
def editions() -> tuple[str, ...]:
    """Return the names of all packaged editions: `base`, then the others from the oldest to the newest."""
    folder = resources.files("evolink_client").joinpath("editions")
    names = [file.name.removesuffix(".json") for file in folder.iterdir()] if folder.is_dir() else []
    return (BASE, *sorted(names))


def packaged_contract(edition: str = BASE) -> Contract:
    """Return the contract of an edition that the installed `evolink_client` contains."""
    return _read(edition)


@cache
def _read(edition: str) -> Contract:
    name = "openapi.json" if edition == BASE else f"editions/{edition}.json"
    text = resources.files("evolink_client").joinpath(name).read_text(encoding="utf-8")
    return Contract(json.loads(text), edition)
