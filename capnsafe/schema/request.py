"""The nodes of a compiler's request, and their names in Python."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from .._words.arguments import error_text
from ..errors import Error, SchemaError
from . import schema_capnp as s
from .naming import METHODS, class_name, constant_name, field_name, free, module_name

Node: TypeAlias = "s.Node.Reader"
FieldNode: TypeAlias = "s.Field.Reader"
Type: TypeAlias = "s.Type.Reader"
Value: TypeAlias = "s.Value.Reader"
Scope: TypeAlias = "s.Brand.Scope.Reader"

NO_DISCRIMINANT: Final = s.Field.NO_DISCRIMINANT

#: Names that every generated class of values uses itself, so that its members need others.
OWN_NAMES: Final = frozenset(("Reader", "Builder", "MEMBERS"))


@dataclass
class Member:
    """A field with its names in Python."""

    node: FieldNode
    name: str
    doc: str
    group: int = 0
    init: str = ""
    has: str = ""

    @property
    def label(self) -> str:
        """The name in the schema."""
        return self.node.name

    @property
    def member(self) -> int | None:
        """The value of the discriminant, for a member of a union."""
        value = self.node.discriminant_value
        return None if value == NO_DISCRIMINANT else value

    @property
    def is_group(self) -> bool:
        """Whether the field is a group."""
        return self.node.which() == "group"

    @property
    def offset(self) -> int:
        """The place of the field."""
        return self.node.slot.offset

    @property
    def type(self) -> Type:
        """The type of the field."""
        return self.node.slot.type


@dataclass(frozen=True)
class Parameter:
    """A parameter of a generic struct or interface.

    Args:
        scope: The id of the node that declares it.
        index: Its place among the parameters of that node.
        name: Its name in the schema.
    """

    scope: int
    index: int
    name: str


@contextmanager
def valid_request() -> Iterator[None]:
    """Turn any exception in the block into ``SchemaError``: it comes from an invalid request."""
    try:
        yield
    except SchemaError:
        raise
    except KeyError as error:
        raise SchemaError(
            f"the request of the schema compiler is damaged: it refers to {error}, which it lacks"
        ) from error
    except Exception as error:
        reason = str(error) if issubclass(type(error), Error) else error_text(error)
        raise SchemaError(f"the request of the schema compiler is damaged: {reason}") from error


class Nodes(dict[int, Node]):
    """The nodes of a request by their ids."""

    def __missing__(self, node: int) -> Node:
        """Raise ``SchemaError``: the compiler sends all nodes that a file needs."""
        raise SchemaError(f"the request of the schema compiler has no node 0x{node:016x}")


class Request:
    """The nodes of a request, and their names in Python."""

    def __init__(self, request: s.CodeGeneratorRequest.Reader) -> None:
        self.nodes: Final = Nodes((node.id, node) for node in request.nodes)
        self.files: Final[dict[int, str]] = {}
        #: The place of each class, by the id of its node: (id of the file, qualified name).
        self.places: Final[dict[int, tuple[int, str]]] = {}
        self.constants: Final[dict[int, str]] = {}
        self.members: Final[dict[int, list[Member]]] = {}
        self._docs: Final[dict[int, s.Node.SourceInfo.Reader]] = {
            info.id: info for info in request.source_info
        }
        self.requested: Final = [file.id for file in request.requested_files]
        self._imports: Final[dict[int, list[int]]] = {}
        for file in request.requested_files:
            self.files[file.id] = file.filename
            self._imports[file.id] = [imported.id for imported in file.imports]
            for imported in file.imports:
                path = imported.name
                if not path.startswith("/"):
                    path = posixpath.join(posixpath.dirname(file.filename), path)
                self.files.setdefault(imported.id, posixpath.normpath(path))
        for node in request.nodes:
            if node.which() == "file":
                self.files.setdefault(node.id, node.display_name)
                self._name_below(node.id, node, "", set())

    def alias_of(self, file: int) -> str:
        """Return the name under which other modules know the module of a file."""
        return module_name(self.files[file]).replace(".", "_")

    def imports_of(self, file: int) -> dict[str, int]:
        """Return the files that a requested file imports, by their names.

        The compiler leaves out those of which nothing is used.
        """
        imports = self._imports.get(file, [])
        return {self.alias_of(other): other for other in imports if other in self.nodes}

    def _name_below(self, file: int, node: Node, prefix: str, taken: set[str]) -> None:
        """Name everything that is declared in a node."""
        for nested in node.nested_nodes:
            below = self.nodes.get(nested.id)
            if below is None:
                continue  # The compiler leaves out nodes that no requested file needs.
            which = below.which()
            if which == "const" or which == "annotation":
                name = constant_name(nested.name, taken)
                self.constants[nested.id] = name
            else:
                name = class_name(nested.name, taken)
                self.places[nested.id] = (file, prefix + name)
            taken.add(name)
        for nested in node.nested_nodes:
            below = self.nodes.get(nested.id)
            if below is not None and nested.id in self.places:
                self._name_inside(file, below, self.places[nested.id][1])

    def _name_inside(self, file: int, node: Node, name: str) -> None:
        """Name the members of a struct, an enum or an interface."""
        taken = set(OWN_NAMES)
        if node.which() == "struct":
            self._name_below(file, node, f"{name}.", taken)
            self._name_fields(file, node, name, taken)
        else:
            self._name_below(file, node, f"{name}.", taken)

    def _name_fields(self, file: int, node: Node, name: str, taken: set[str]) -> None:
        info = self._docs.get(node.id)
        docs = [] if info is None else [member.doc_comment for member in info.members]
        used: set[str] = set()
        members = []
        for at, each in enumerate(node.struct.fields):
            doc = docs[at] if at < len(docs) else ""
            member = Member(each, field_name(each.name, used), doc)
            used.add(member.name)
            if member.is_group:
                member.group = each.group.type_id
                group = class_name(each.name, taken)
                taken.add(group)
                self.places[member.group] = (file, f"{name}.{group}")
                below = self.nodes[member.group]
                self._name_fields(file, below, f"{name}.{group}", set(OWN_NAMES))
            members.append(member)
        for member in members:
            if not member.is_group and is_pointer(member.type):
                member.has = free(f"has_{member.name}", used | METHODS)
                used.add(member.has)
            member.init = free(f"init_{member.name}", used | METHODS)
            used.add(member.init)
        self.members[node.id] = members

    def parameters(self, node_id: int) -> list[Parameter]:
        """Return the parameters of a struct: those of the nodes around it, then its own."""
        node = self.nodes.get(node_id)
        if node is None or not node.is_generic:
            return []
        own = [Parameter(node_id, at, each.name) for at, each in enumerate(node.parameters)]
        return self.parameters(node.scope_id) + own

    def doc_of(self, node_id: int) -> str:
        """Return the comment of a node."""
        info = self._docs.get(node_id)
        return "" if info is None else info.doc_comment


def is_pointer(kind: Type) -> bool:
    """Return whether values of a type are behind a pointer."""
    return kind.which() in ("text", "data", "list", "struct", "interface", "any_pointer")


def is_capability(kind: Type) -> bool:
    """Return whether a type is ``Capability``: an interface that the schema does not name."""
    if kind.which() != "any_pointer" or kind.any_pointer.which() != "unconstrained":
        return False
    return kind.any_pointer.unconstrained.which() == "capability"


def any_name(kind: Type) -> str:
    """Return the first part of the names for a pointer: ``Any``, ``AnyStruct`` or ``AnyList``."""
    pointer = kind.any_pointer
    which = pointer.unconstrained.which() if pointer.which() == "unconstrained" else None
    return {"struct": "AnyStruct", "list": "AnyList"}.get(which or "", "Any")
