"""The names of types and kinds in a generated module."""

from __future__ import annotations

from typing import Final

from .naming import BUILTINS
from .request import Parameter, Request, Scope, Type, any_name, is_capability

#: The number types of the schema: (name in the low layer, type in Python, width in bits).
NUMBERS: Final = {
    "bool": ("bool", "bool"),
    "int8": ("int8", "int"),
    "int16": ("int16", "int"),
    "int32": ("int32", "int"),
    "int64": ("int64", "int"),
    "uint8": ("uint8", "int"),
    "uint16": ("uint16", "int"),
    "uint32": ("uint32", "int"),
    "uint64": ("uint64", "int"),
    "float32": ("float32", "float"),
    "float64": ("float64", "float"),
}


#: The endings of the names of type variables, by the class in which they are and the role of the
#: type. Each class has its own roles; classes of one struct that are nested need different names.
VARIABLES: Final[dict[str, dict[str, str]]] = {
    "value": {"value": ""},
    "reader": {"value": "_value", "reader": "_reader"},
    "builder": {"value": "_value", "builder": "_builder", "set": "_set"},
}

#: The types of a parameter to which the schema gives none.
UNBOUND: Final = {
    "value": "schema.Anything",
    "reader": "schema.AnyReader",
    "builder": "schema.AnyBuilder",
    "set": "schema.Anything",
}

#: What a type argument does not have: the fields whose type it is may be null anyway.
NULLABLE: Final = {"value": " | None", "reader": "", "builder": "", "set": " | None"}


def anything(name: str) -> str:
    """Return the type of the values of an AnyPointer, AnyStruct or AnyList."""
    return f"schema.{'Anything' if name == 'Any' else name}"


class TypeNames:
    """Writes the types of a schema as they are written in one module.

    Args:
        request: The nodes of the request.
        file: The id of the file.
    """

    def __init__(self, request: Request, file: int) -> None:
        self._request: Final = request
        self._file: Final = file
        #: The classes for which the module has an alias with an underscore.
        self._aliases: Final[set[str]] = set()
        #: The files of other modules, by the names under which this module imports them.
        self.imported: Final[dict[str, int]] = {}
        names = {member.name for node in self._structs() for member in request.members[node]}
        self._builtins: Final = "builtins." if names & BUILTINS else ""
        #: The names of the classes inside of the class whose fields are being written.
        self._inner: set[str] = set()
        #: The names of the type variables of the class that is being written, by (scope, index).
        self._variables: dict[tuple[int, int], str] = {}
        #: The class of a struct that is being written: ``value``, ``reader`` or ``builder``.
        self._part = "value"

    def _structs(self) -> list[int]:
        request = self._request
        return [node for node in request.members if request.places[node][0] == self._file]

    def _class(self, node_id: int, *, inside: bool = False) -> str:
        """Return the name of a class, as it is written in the module.

        ``inside`` tells whether it is written in the body of a class of values.
        """
        file, name = self._request.places[node_id]
        if file != self._file:
            alias = self._request.alias_of(file)
            self.imported[alias] = file
            return f"{alias}.{name}"
        first = name.split(".")[0]
        if inside and first in self._inner:
            self._aliases.add(first)
            return "_" + name
        return name

    def _builtin(self, name: str) -> str:
        return self._builtins + name

    def _python(self, kind: Type, role: str) -> str:
        """Return the type in Python of a field, by its role.

        The roles are ``value``, ``reader`` and ``builder``, for fields that are read, and ``set``
        for arguments of setters.
        """
        which = kind.which()
        inside = role == "value"
        if which in NUMBERS:
            return self._builtin(NUMBERS[which][1])
        if which == "void":
            return "None"
        if which == "text":
            return self._builtin("str")
        if which == "data":
            return self._builtin("bytes")
        if which == "enum":
            return self._class(kind.enum.type_id, inside=inside)
        if which == "interface" or is_capability(kind):
            return f"{self._builtin('int')} | None"
        if which == "any_pointer":
            name = any_name(kind)
            variable = self._variable(kind, role)
            if role in ("value", "set"):
                return f"{variable or anything(name)} | None"
            return variable or f"schema.{name}{role.title()}"
        if which == "struct":
            if role in ("value", "set"):
                return f"{' | '.join(self._struct_types(kind, role))} | None"
            return self._struct_types(kind, role)[0]
        return self._python_list(kind.list.element_type, role)

    # -- generic structs --------------------------------------------------------------------------

    def _variable(self, kind: Type, role: str) -> str:
        """Return the type variable of a parameter, or ``object`` in a class without one for a role.

        It is empty if the type is no parameter, or the parameter has no type here.
        """
        if kind.any_pointer.which() != "parameter":
            return ""
        parameter = kind.any_pointer.parameter
        name = self._variables.get((parameter.scope_id, parameter.parameter_index), "")
        if not name or role not in VARIABLES[self._part]:
            return name and self._unknown()
        return name + VARIABLES[self._part][role]

    def _unknown(self) -> str:
        """Return the type of a parameter in a class that has no type variable for its role.

        In a builder, that is the type of a reader's item. The type variables of readers are
        covariant, so any reader is accepted.
        """
        return self._builtin("object")

    def _struct_types(self, kind: Type, role: str, *, inside: bool | None = None) -> list[str]:
        """Return the classes of a struct that a role allows, with the types of their parameters."""
        if inside is None:
            inside = role == "value"
        node = kind.struct.type_id
        name = self._class(node, inside=inside)
        parts = {"set": ["value", "reader", "builder"]}.get(role, [role])
        return [
            name + ("" if part == "value" else f".{part.title()}") + self._arguments(kind, part)
            for part in parts
        ]

    def _arguments(self, kind: Type, part: str) -> str:
        """Return the type arguments of a class of a generic struct, or nothing."""
        parameters = self._request.parameters(kind.struct.type_id)
        if not parameters:
            return ""
        scopes = {scope.scope_id: scope for scope in kind.struct.brand.scopes}
        found = [
            self._argument(scopes.get(parameter.scope), parameter, role)
            for role in VARIABLES[part]
            for parameter in parameters
        ]
        return f"[{', '.join(found)}]"

    def _argument(self, scope: Scope | None, parameter: Parameter, role: str) -> str:
        """Return the type that a brand gives to a parameter, by its role."""
        if scope is None:
            return UNBOUND[role]
        if scope.which() == "inherit":
            name = self._variables.get((parameter.scope, parameter.index))
            suffix = VARIABLES[self._part].get(role)
            own = self._unknown() if suffix is None else f"{name}{suffix}"
            return own if name else UNBOUND[role]
        bound = scope.bind[parameter.index]
        return (
            self._python(bound.type, role).removesuffix(NULLABLE[role])
            if bound.which() == "type"
            else UNBOUND[role]
        )

    def _own_arguments(self, part: str, given: str = "") -> str:
        """Return the type arguments of a class of the struct that is being written, or nothing.

        Args:
            part: The class: ``value``, ``reader`` or ``builder``.
            given: The class in which the arguments are written; by default, the class itself.
        """
        suffixes = VARIABLES[given or part]
        arguments = [
            name + suffixes[role] if role in suffixes else self._unknown()
            for role in VARIABLES[part]
            for name in self._variables.values()
        ]
        return f"[{', '.join(arguments)}]" if arguments else ""

    def _named(self, node: int) -> list[tuple[tuple[int, int], str]]:
        """Return the parameters of a struct, each with the name of its type variables."""
        prefix = "_" + self._request.places[node][1].replace(".", "_")
        found: list[tuple[tuple[int, int], str]] = []
        taken: set[str] = set()
        for parameter in self._request.parameters(node):
            name = f"{prefix}_{parameter.name}"
            while name in taken:
                name += "_"
            taken.add(name)
            found.append(((parameter.scope, parameter.index), name))
        return found

    def _is_generic(self, kind: Type) -> bool:
        """Return whether the type is a parameter, or has types for parameters."""
        which = kind.which()
        if which == "list":
            return self._is_generic(kind.list.element_type)
        if which == "any_pointer":
            return kind.any_pointer.which() == "parameter"
        return which == "struct" and len(kind.struct.brand.scopes) > 0

    # -- lists ------------------------------------------------------------------------------------

    def _item(self, of: Type, role: str) -> str:
        """Return the type in Python of an item of a list."""
        if of.which() == "struct" and role in ("value", "set"):
            return self._struct_types(of, "value", inside=role == "value")[0]
        return self._python(of, role)

    def _python_list(self, of: Type, role: str) -> str:
        which = of.which()
        item = self._item(of, role)
        if role == "value":
            return f"{self._builtin('list')}[{item}]"
        if role == "set":
            if which == "struct":
                return f"typing.Iterable[{' | '.join(self._struct_types(of, role))}]"
            return f"typing.Iterable[{item}]"
        if which in NUMBERS or which == "void":
            return f"schema.Numbers{'Builder' if role == 'builder' else ''}[{item}]"
        if role == "reader":
            return f"schema.Items[{item}]"
        return f"schema.ItemsBuilder[{item}, {self._item(of, 'set')}]"

    # -- expressions ------------------------------------------------------------------------------

    def _kind(self, kind: Type) -> str:
        """Return the expression of a kind of field."""
        which = kind.which()
        if which == "list":
            return f"schema.list_of({self._kind(kind.list.element_type)})"
        if which == "enum":
            return f"schema.EnumKind(lambda: {self._class(kind.enum.type_id)})"
        if which == "struct":
            brand = self._brand(kind)
            return f"schema.StructKind(lambda: {self._class(kind.struct.type_id)}{brand})"
        if which == "any_pointer" and kind.any_pointer.which() == "parameter":
            parameter = kind.any_pointer.parameter
            return f"schema.parameter(0x{parameter.scope_id:016X}, {parameter.parameter_index})"
        if which == "interface" or is_capability(kind):
            return "schema.CAPABILITY"
        if which == "any_pointer":
            return f"schema.ANY_{any_name(kind)[3:].upper() or 'POINTER'}"
        return f"schema.{which.upper() if which else ''}"

    def _brand(self, kind: Type) -> str:
        """Return the argument for the types of the parameters of a generic struct, or nothing."""
        scopes = []
        for scope in kind.struct.brand.scopes:
            types = "None"
            if scope.which() == "bind":
                kinds = [
                    self._kind(each.type) if each.which() == "type" else "schema.ANY_POINTER"
                    for each in scope.bind
                ]
                types = f"({', '.join(kinds)}{',' if len(kinds) == 1 else ''})"
            scopes.append(f"0x{scope.scope_id:016X}: {types}")
        return f", {{{', '.join(scopes)}}}" if scopes else ""
