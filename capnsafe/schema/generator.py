"""The generator: it writes Python modules for a compiler's request.

The compiler has parsed and checked the schema, and computed the place of each field. For each
struct, the generator writes a class of values and, in it, a class of readers and one of builders,
whose properties call the low layer. Every class is named in full (``Person.Date``), so that its
name is the same in every part of the module.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from math import isfinite
from typing import Final

from .._words.tree import Tree
from . import schema_capnp as s
from .json_ids import DISCRIMINATOR
from .laying import flat_words
from .lines import (
    class_lines,
    doc_lines,
    docstring_lines,
    function_lines,
    quoted,
    statement_lines,
)
from .lists import Items
from .naming import PACKAGE, constant_name, module_name
from .request import (
    OWN_NAMES,
    Member,
    Node,
    Request,
    Type,
    Value,
    any_name,
    is_capability,
    is_pointer,
    valid_request,
)
from .type_names import NUMBERS, UNBOUND, VARIABLES, TypeNames


class Module(TypeNames):
    """The text of one module.

    Args:
        request: The nodes of the request.
        file: The id of the file.
        in_package: Whether the modules import each other relatively. With ``None`` they do not
            import each other; the caller puts the imported modules into their namespaces.
    """

    def __init__(self, request: Request, file: int, *, in_package: bool | None = False) -> None:
        super().__init__(request, file)
        self._in_package: Final = in_package
        self._out: list[str] = []
        self._end: Final[list[str]] = []
        self._consts: Final[list[str]] = []
        #: The names of constants that are made when they are first used, with what makes each.
        self._late: Final[list[str]] = []
        self._defaults: Final[list[str]] = []
        self._whiches: Final[list[str]] = []
        self._group_annotations: Final[dict[int, Items[s.Annotation.Reader]]] = {}
        #: The classes of the arguments of ``update`` of generic structs.
        self._arguments_of_update: Final[list[str]] = []
        #: The names of the elements that the module uses, in small letters.
        self._elements: Final[set[str]] = set()

    # -- text -------------------------------------------------------------------------------------

    def text(self) -> str:
        """Return the text of the module."""
        request = self._request
        node = request.nodes[self._file]
        self._below(node, 0)
        name = "".join(doc_lines(posixpath.basename(request.files[self._file])))
        head = [f"Code generated from {name} by capnpc-capnsafe. Do not edit it."]
        comment = doc_lines(request.doc_of(self._file))
        head = docstring_lines(0, [*head, *(["", *comment] if comment else [])])
        head += [
            "",
            "# This code is formatted. Linters have nothing to say about it.",
            "# ruff: noqa",
        ]
        head += ["", "from __future__ import annotations", ""]
        tail = [*self._defaults, *self._end, *self._consts]
        tail += [f"_{name} = {name}" for name in sorted(self._aliases)]
        if self._late:
            text = (
                f"__getattr__, __dir__ = schema.constants(globals(), {{{', '.join(self._late)}}})"
            )
            tail += ["", "if not typing.TYPE_CHECKING:", *statement_lines(1, text)]
        # A call by a global name is faster than one by an attribute of an attribute.
        elements = [
            f"_{name}: typing.Final = schema.Element.{name.upper()}"
            for name in sorted(self._elements)
        ]
        body = [*([""] if elements else []), *elements, *self._whiches, *self._arguments_of_update]
        if self._arguments_of_update and self._out[1:2] != [""]:
            body.append("")
        body += self._out
        if tail:
            body += ["", "", *tail] if body else ["", *tail]
        used = "\n".join(body)
        modules = [name for name in ("builtins", "dataclasses", "typing") if f"{name}." in used]
        head += [f"import {name}" for name in modules]
        if "schema." in used:
            head += [*([""] if modules else []), f"from {PACKAGE} import schema"]
        if "typing_extensions." in used:
            # Every type checker has it; nobody needs to install it.
            head += ["", "if typing.TYPE_CHECKING:", "    import typing_extensions"]
        if self._in_package is not None:
            head += self._import_lines()
        return "\n".join([*head, *body]) + "\n"

    def _import_lines(self) -> list[str]:
        lines = []
        own = module_name(self._request.files[self._file]).split(".")
        for alias, file in sorted(self.imported.items()):
            target = module_name(self._request.files[file]).split(".")
            if self._in_package and not self._request.files[file].startswith("/"):
                shared = 0
                while shared < min(len(own), len(target)) - 1 and own[shared] == target[shared]:
                    shared += 1
                dots = "." * (len(own) - shared)
                where = dots + ".".join(target[shared:-1])
                lines.append(_aliased(f"from {where} import {target[-1]}", target[-1], alias))
            else:
                lines.append(_aliased(f"import {'.'.join(target)}", ".".join(target), alias))
        return ["", *lines] if lines else []

    def _below(self, node: Node, depth: int) -> None:
        """Write the classes and constants that are declared in a node."""
        request = self._request
        for nested in node.nested_nodes:
            below = request.nodes.get(nested.id)
            if below is None:
                continue
            which = below.which()
            if which == "const":
                self._constant(node, below, depth)
            elif which == "annotation":
                self._declared(node, below, depth)
            else:
                self._gap(depth)
                if which == "enum":
                    self._enum(below, depth)
                elif which == "interface":
                    self._interface(below, depth)
                else:
                    self._struct(below, depth)

    def _gap(self, depth: int) -> None:
        self._out.extend([""] if depth else ["", ""])

    def _space(self, depth: int) -> None:
        """Write the empty lines before a constant, unless it follows a field or a constant."""
        last = self._out[-1] if self._out else '"""'
        if last.endswith('"""'):
            self._line(0, "")
        elif last.startswith("    " * (depth + 1)):
            self._gap(depth)

    def _line(self, depth: int, text: str) -> None:
        """Write a statement, or an empty line."""
        self._out.extend(statement_lines(depth, text) if text else [""])

    def _class_line(self, depth: int, name: str, bases: list[str]) -> None:
        """Write the first line of a class."""
        self._out.extend(class_lines(depth, name, bases))

    def _def(self, depth: int, name: str, parameters: list[str], returned: str) -> None:
        """Write the first line of a function."""
        self._out.extend(function_lines(depth, name, parameters, returned))

    def _doc(self, depth: int, comment: str, otherwise: str) -> None:
        self._out.extend(docstring_lines(depth, doc_lines(comment) or [otherwise]))

    # -- expressions ------------------------------------------------------------------------------

    def _sections(self, node_id: int) -> str:
        struct = self._request.nodes[node_id].struct
        return f"{struct.data_word_count}, {struct.pointer_count}"

    def _open(self, kind: Type, low: str, at: str, role: str, default: str = "") -> str:
        """Return the expression that opens the object behind a pointer."""
        which = kind.which()
        builder = "Builder" if role == "builder" else ""
        if which in ("text", "data"):
            empty = '""' if which == "text" else 'b""'
            return f"{low}.get_{which}({at}) or {empty}"
        if which == "interface" or is_capability(kind):
            return f"{low}.get_capability({at})"
        if which == "any_pointer":
            return f"schema.{any_name(kind)}{builder or 'Reader'}({low}, {at})"
        if which == "struct":
            name = self._class(kind.struct.type_id)
            given = f", default={default}.struct()" if default else ""
            if not builder:
                return f"{name}.Reader({low}.get_struct({at}{given}) or schema.NO_STRUCT)"
            sections = self._sections(kind.struct.type_id)
            return (
                f"{name}.Builder({low}.get_struct({at}, {sections}{given})"
                f" or {low}.init_struct({at}, {sections}))"
            )
        of = kind.list.element_type
        inner = of.which()
        if inner == "struct":
            sections = f", {self._sections(of.struct.type_id)}" if builder else ""
            given = f", default={default}.structs()" if default else ""
            return self._wrapped(of, f"{low}.get_struct_list({at}{sections}{given})", role)
        if is_pointer(of):
            given = f", default={default}.pointers()" if default else ""
            return self._wrapped(of, f"{low}.get_pointer_list({at}{given})", role)
        element = self._element(of)
        given = f", default={default}.numbers({element})" if default else ""
        return self._wrapped(of, f"{low}.get_list({at}, {element}{given})", role)

    def _wrapped(self, of: Type, low: str, role: str) -> str:
        """Return the expression of a list for a handle of the low layer."""
        which = of.which()
        builder = "Builder" if role == "builder" else ""
        if which == "struct":
            name = self._class(of.struct.type_id)
            return f"schema.StructItems{builder}({low}, {name}{'' if builder else '.Reader'})"
        if which == "enum":
            return f"schema.EnumItems{builder}({low}, {self._class(of.enum.type_id)}.BY_VALUE)"
        if which == "void":
            return f"schema.voids({low})"
        if which in NUMBERS:
            return f"schema.{NUMBERS[which][1]}s({low})"
        kind = f", {self._kind(of)}" if builder else ""
        item = f"lambda low, at: {self._open(of, 'low', 'at', role)}"
        if which in ("text", "data"):
            item = f"schema.{which}_at"
        return f"schema.PointerItems{builder}({low}, {item}{kind})"

    def _init(self, kind: Type, member: Member) -> str:
        """Return the expression that builds a struct, or a list of ``count`` items."""
        at = member.offset
        in_union = member.member is not None
        if kind.which() == "struct":
            low = f"self._low.init_struct({at}, {self._sections(kind.struct.type_id)})"
            if in_union:
                low = f'self._select_blank("{member.name}")'
            return f"{self._class(kind.struct.type_id)}.Builder({low})"
        of = kind.list.element_type
        if in_union:
            low = f'self._select_blank("{member.name}", count)'
        elif of.which() == "struct":
            sections = self._sections(of.struct.type_id)
            low = f"self._low.init_struct_list({at}, count, {sections})"
        elif is_pointer(of):
            low = f"self._low.init_pointer_list({at}, count)"
        else:
            low = f"self._low.init_list({at}, {self._element(of)}, count)"
        return self._wrapped(of, low, "builder")

    def _scalar(self, kind: Type, value: Value) -> str:
        """Return the literal of a number, text or data; empty if it is zero."""
        which = kind.which()
        if which == "bool":
            return "True" if value.bool else ""
        if which == "enum":
            return str(value.enum or "")
        if which in ("float32", "float64"):
            number = value.float32 if which == "float32" else value.float64
            if number == 0 and str(number) == "0.0":
                return ""
            return self._float(number)
        if which in NUMBERS:
            return str(getattr(value, which) or "")
        if which == "text":
            return quoted(value.text) if value.text else ""
        if which == "data":
            return quoted(value.data) if value.data else ""
        return ""

    def _float(self, number: float) -> str:
        # A formatter writes no plus sign in an exponent.
        text = repr(number).replace("e+", "e")
        return text if isfinite(number) else f'{self._builtin("float")}("{number}")'

    def _default_words(self, kind: Type, value: Value) -> bytes | None:
        """Return a message that has the default of a struct or list as its root."""
        which = value.which()
        if which not in ("struct", "list", "any_pointer") or kind.which() not in ("struct", "list"):
            return None
        tree: Tree | None = value.low_level._tree_at(0)
        return None if tree is None else flat_words(tree)

    def _default_name(self, node_id: int, member: Member) -> str:
        """Return the name of the default of a struct or list field; empty if it has none."""
        if (
            member.is_group
            or self._default_words(member.type, member.node.slot.default_value) is None
        ):
            return ""
        name = self._request.places[node_id][1].replace(".", "_")
        return f"_{name}_{member.name}".upper()

    # -- declarations -----------------------------------------------------------------------------

    def _constant(self, owner: Node, node: Node, depth: int) -> None:
        kind = node.const.type
        value = node.const.value
        name = self._request.constants[node.id]
        which = kind.which()
        annotation = self._python(kind, "value").removesuffix(" | None")
        annotated = f"typing.{'ClassVar' if depth else 'Final'}[{annotation}]"
        if which in ("struct", "list", "enum"):
            if which == "enum":
                made = f"{self._class(kind.enum.type_id)}({value.enum})"
            else:
                words = self._default_words(kind, value)
                made = f"schema.Default({quoted(words or bytes(8))}).value({self._kind(kind)})"
            is_late = self._needs_another_file(kind)
            if depth:
                self._space(depth)
                self._line(depth, f"{name}: {annotated}")
                if is_late:
                    made = f"schema.constant(lambda: {made})"
                head = f"{self._request.places[owner.id][1]}.{name} = "
                self._consts.extend(statement_lines(0, head + made))
            elif is_late:
                self._consts.append(f"{name}: {annotation}")
                self._late.append(f"{quoted(name)}: lambda: {made}")
            else:
                self._consts.extend(statement_lines(0, f"{name}: {annotated} = {made}"))
        else:
            zero = {"bool": "False", "text": '""', "data": 'b""', "void": "None"}.get(
                which or "", "0.0" if which in ("float32", "float64") else "0"
            )
            text = self._scalar(kind, value) or zero
            self._space(depth)
            self._line(depth, f"{name}: {annotated} = {text}")

    def _needs_another_file(self, kind: Type) -> bool:
        """Return whether values of a type may need the classes of another module."""
        seen: set[int] = set()
        todo = [kind]
        while todo:
            each = todo.pop()
            while each.which() == "list":
                each = each.list.element_type
            which = each.which()
            if which not in ("struct", "enum"):
                continue
            node = each.struct.type_id if which == "struct" else each.enum.type_id
            if self._request.places[node][0] != self._file:
                return True
            structs = [node] if which == "struct" else []
            if structs:
                for scope in each.struct.brand.scopes:
                    bound = scope.bind if scope.which() == "bind" else ()
                    todo += [given.type for given in bound if given.which() == "type"]
            while structs:
                struct = structs.pop()
                if struct not in seen:
                    seen.add(struct)
                    members = self._request.members[struct]
                    structs += [member.group for member in members if member.is_group]
                    todo += [member.type for member in members if not member.is_group]
        return False

    def _declared(self, owner: Node, node: Node, depth: int) -> None:
        """Write the declaration of an annotation."""
        kind = node.annotation.type
        name = self._request.constants[node.id]
        annotation = self._python(kind, "value").removesuffix(" | None")
        typed = f"schema.Annotation[{annotation}]"
        arguments = [f"0x{node.id:016X}", self._kind(kind)]
        if depth:
            self._space(depth)
            self._line(depth, f"{name}: typing.ClassVar[{typed}]")
            head = f"{self._request.places[owner.id][1]}.{name}"
        else:
            head = f"{name}: typing.Final[{typed}]"
        text = f"{head} = schema.Annotation({', '.join(arguments)})"
        self._consts.extend(statement_lines(0, text))

    def _annotations(self, found: Iterable[s.Annotation.Reader]) -> str:
        """Return a dict of the values of annotations, or nothing."""
        pairs = []
        for each in found:
            value = each.value
            which = value.which() or ""
            if which in ("struct", "list"):
                tree = value.low_level._tree_at(0)
                literal = f"schema.Default({quoted(flat_words(tree))})"
            elif which in ("text", "data"):
                literal = quoted(getattr(value, which))
            elif which in ("float32", "float64"):
                literal = self._float(getattr(value, which))
            else:
                literal = str(getattr(value, which)) if which in (*NUMBERS, "enum") else "None"
            pairs.append(f"0x{each.id:016X}: {literal}")
        return f"{{{', '.join(pairs)}}}" if pairs else ""

    def _enum(self, node: Node, depth: int) -> None:
        name = self._request.places[node.id][1]
        self._line(depth, f"class {name.split('.')[-1]}(schema.Enumeration):")
        self._doc(depth + 1, self._request.doc_of(node.id), f"The enum ``{name}``.")
        self._line(0, "")
        taken: set[str] = {"MRO", "BY_VALUE"}
        found = list(node.enum.enumerants)
        members = []
        for value, enumerant in enumerate(found):
            member = constant_name(enumerant.name, taken)
            taken.add(member)
            members.append(member)
            self._line(depth + 1, f"{member} = {value}")
        self._line(0, "")
        self._line(depth + 1, f"BY_VALUE: schema.Enumerants[{name}]")
        labels = [name, *(quoted(each.name) for each in found)]
        annotated = {"": self._annotations(node.annotations)}
        for member, enumerant in zip(members, found, strict=True):
            annotated[member] = self._annotations(enumerant.annotations)
        pairs = [f"{quoted(key)}: {values}" for key, values in annotated.items() if values]
        if pairs:
            labels.append(f"annotations={{{', '.join(pairs)}}}")
        text = f"{name}.BY_VALUE = schema.enumerants({', '.join(labels)})"
        self._end.extend(statement_lines(0, text))

    def _interface(self, node: Node, depth: int) -> None:
        name = self._request.places[node.id][1]
        self._line(depth, f"class {name.split('.')[-1]}:")
        self._doc(depth + 1, self._request.doc_of(node.id), f"The interface ``{name}``.")
        self._below(node, depth + 1)

    def _struct(self, node: Node, depth: int) -> None:
        request = self._request
        name = request.places[node.id][1]
        # Write fields in the order of the schema's text. A layout keeps the compiler's order, in
        # which the reference implementation prints fields.
        members = sorted(request.members[node.id], key=lambda member: member.node.code_order)
        struct = node.struct
        has_union = struct.discriminant_count > 0
        base = "UnionValue" if has_union else "StructValue"
        outer = self._variables
        named = self._named(node.id)
        self._variables = dict(named)
        self._part = "value"
        bases = [f"schema.{base}"]
        if named:
            self._type_variables([name for _, name in named])
            bases = ["schema.UnionValue", "schema.GenericValue"] if has_union else []
            bases = bases or ["schema.GenericValue"]
            bases.append(f"typing.Generic{self._own_arguments('value')}")
        self._line(depth, "@dataclasses.dataclass(eq=False, repr=False, kw_only=True)")
        self._class_line(depth, name.split(".")[-1], bases)
        what = "group" if struct.is_group else "struct"
        self._doc(depth + 1, request.doc_of(node.id), f"The {what} ``{name}``.")
        groups = [member for member in members if member.is_group]
        for member in groups:
            self._group_annotations[member.group] = member.node.annotations
        self._inner = set(OWN_NAMES) | {
            request.places[member.group][1].split(".")[-1] for member in groups
        }
        for nested in node.nested_nodes:
            if nested.id in request.places:
                self._inner.add(request.places[nested.id][1].split(".")[-1])
        if members:
            self._line(0, "")
        for member in members:
            self._value_field(node, member, depth + 1)
        # Classes and constants in the class cannot have its type variables.
        self._variables = {}
        self._below(node, depth + 1)
        for member in groups:
            self._gap(depth + 1)
            self._struct(request.nodes[member.group], depth + 1)
        self._variables = dict(named)
        tag = f"self._low.get_uint16({struct.discriminant_offset})"
        if has_union:
            self._which(name, members, depth + 1)
            self._which_method(name, "self._member()", depth + 1)
        if not struct.is_group:
            self._gap(depth + 1)
            self._line(depth + 1, f"@{self._builtin('classmethod')}")
            types = f"schema.Types[{name}.Builder, {name}.Reader]"
            self._def(depth + 1, "__capnsafe_schema__", ["cls"], types)
            self._line(
                depth + 2, '"""Return the sections of the struct, its builder and its reader."""'
            )
            sections = self._sections(node.id)
            self._line(depth + 2, f"return {sections}, {name}.Builder, {name}.Reader")
        self._gap(depth + 1)
        self._handle_class(name, "Reader", depth + 1)
        self._line(depth + 2, f'"""Reads ``{name}``."""')
        self._line(0, "")
        self._line(depth + 2, "__slots__ = ()")
        for member in members:
            self._read_field(node, member, depth + 2)
        if has_union:
            self._which_method(name, tag, depth + 2)
        self._gap(depth + 1)
        self._handle_class(name, "Builder", depth + 1)
        self._line(depth + 2, f'"""Builds ``{name}``."""')
        self._line(0, "")
        self._line(depth + 2, "__slots__ = ()")
        for member in members:
            self._build_field(node, member, depth + 2)
        self._update_method(node, members, depth + 2)
        if has_union:
            self._which_method(name, tag, depth + 2)
        self._layout(node, name, request.members[node.id])
        self._variables = outer
        self._part = "value"

    def _handle_class(self, name: str, part: str, depth: int) -> None:
        """Write the first line of a class of readers or builders, and continue in this class."""
        self._part = part.lower()
        bases = [f'schema.Generated{part}["{name}"]']
        if self._variables:
            value = self._own_arguments("value", self._part)
            variables = self._own_arguments(self._part)
            bases = [f'schema.Generic{part}["{name}{value}"]', f"typing.Generic{variables}"]
        self._class_line(depth, part, bases)

    def _type_variables(self, names: list[str]) -> None:
        """Write the type variables of a struct.

        Type checkers know the default of a type variable in every version of Python.
        """
        defaults = {
            name + suffix: UNBOUND[role]
            for part in VARIABLES.values()
            for role, suffix in part.items()
            for name in names
        }
        lines = ["", "if typing.TYPE_CHECKING:"]
        for name, default in defaults.items():
            # A reader only returns objects of these types.
            variance = "covariant=True, " if default == UNBOUND["reader"] else ""
            arguments = f"{quoted(name)}, {variance}default={default}"
            text = f"{name} = typing_extensions.TypeVar({arguments})"
            lines += statement_lines(1, text)
        lines.append("else:")
        lines += [f"    {name} = typing.TypeVar({quoted(name)})" for name in defaults]
        self._whiches.extend(lines)

    def _which(self, name: str, members: list[Member], depth: int) -> None:
        in_union = [member for member in members if member.member is not None]
        names = [quoted(member.name) for member in in_union]
        self._line(0, "")
        alias = _which_alias(name)
        text = f"{alias}: typing.TypeAlias = typing.Literal[{', '.join(names)}]"
        self._whiches.extend(["", *statement_lines(0, text)])
        pairs = [f"{member.member}: {quoted(member.name)}" for member in in_union]
        table = f"{self._builtin('dict')}[{self._builtin('int')}, {alias}]"
        self._line(depth, f"MEMBERS: typing.ClassVar[{table}] = {{{', '.join(pairs)}}}")

    def _which_method(self, name: str, tag: str, depth: int) -> None:
        """Write the method that returns the member that is set. ``tag`` reads the discriminant."""
        self._line(0, "")
        self._def(depth, "which", ["self"], f"{_which_alias(name)} | None")
        self._line(
            depth + 1, '"""Return the member that is set, or ``None`` for one of a newer schema."""'
        )
        self._line(depth + 1, f"return {name}.MEMBERS.get({tag})")

    def _value_field(self, node: Node, member: Member, depth: int) -> None:
        """Write the field of a dataclass."""
        own = self._request.places[node.id][1]
        factory = ""
        if member.is_group:
            annotation = self._group(member, "value", inside=True)
            factory = f"lambda: {self._class(member.group)}()"
            default = ""
        else:
            kind = member.type
            annotation = self._python(kind, "value")
            which = kind.which()
            value = member.node.slot.default_value
            default = self._scalar(kind, value)
            if self._default_name(node.id, member) or which in ("enum", "list"):
                factory = f'lambda: {own}._layout.initial("{member.name}")'
                if which == "list" and not self._default_name(node.id, member):
                    factory = self._builtin("list")
            elif not default:
                numbers = {"bool": "False", "text": '""', "data": 'b""'}
                default = numbers.get(which or "", "None")
                if which in NUMBERS and which != "bool":
                    default = "0.0" if NUMBERS[which][1] == "float" else "0"
        if member.member is not None:
            some = annotation.removesuffix(" | None")
            none = annotation.removeprefix(some)
            if some == "None":
                some, none = "schema.UnsetType", " | None"
            else:
                some += " | schema.UnsetType"
            self._line(depth, f"{member.name}: {some}{none} = schema.UNSET")
        elif factory:
            text = f"dataclasses.field(default_factory={factory})"
            self._line(depth, f"{member.name}: {annotation} = {text}")
        else:
            if default.endswith(")"):
                # A linter would take a call for a default that can change.
                default = f"dataclasses.field(default={default})"
            self._line(depth, f"{member.name}: {annotation} = {default}")

    def _element(self, kind: Type) -> str:
        """Return the name of the element of numbers of a type."""
        which = kind.which() or ""
        name = "uint16" if which == "enum" else which
        self._elements.add(name)
        return f"_{name}"

    def _tag_of(self, node: Node) -> int:
        return node.struct.discriminant_offset

    def _require(self, node: Node, member: Member, depth: int) -> None:
        """Write the check that a member of a union is set."""
        if member.member is not None:
            tag = self._tag_of(node)
            self._line(depth, f"if self._low.get_uint16({tag}) != {member.member}:")
            self._line(depth + 1, f'raise self._unset("{member.name}")')

    def _property(self, member: Member, annotation: str, depth: int) -> None:
        self._line(0, "")
        self._line(depth, f"@{self._builtin('property')}")
        self._def(depth, member.name, ["self"], annotation)
        if member.is_group:
            otherwise = f"The group ``{member.label}``."
        else:
            otherwise = f"``{member.label} :{self._schema_type(member.type)}``."
        self._doc(depth + 1, member.doc, otherwise)

    def _schema_type(self, kind: Type) -> str:
        which = kind.which()
        if which == "list":
            return f"List({self._schema_type(kind.list.element_type)})"
        if which in ("enum", "struct"):
            node = kind.enum.type_id if which == "enum" else kind.struct.type_id
            return self._request.places[node][1]
        if which == "interface":
            return self._request.places[kind.interface.type_id][1]
        if which == "any_pointer":
            if is_capability(kind):
                return "Capability"
            return f"Any{any_name(kind)[3:] or 'Pointer'}"
        text = (which or "").title()
        return text.replace("Ui", "UI")

    def _scalar_read(self, member: Member, role: str) -> str:
        """Return the expression that reads a field."""
        kind = member.type
        which = kind.which()
        value = member.node.slot.default_value
        default = self._scalar(kind, value)
        given = f", default={default}" if default else ""
        if which == "void":
            return "None"
        if which == "enum":
            name = self._class(kind.enum.type_id)
            # The body of get_uint16, to save a call: an enum must not cost more than a number.
            low = "_take_integer" if role == "builder" else "_integer"
            number = f"self._low.{low}({self._element(kind)}, {member.offset}, {default or 0})"
            return f"{name}.BY_VALUE[{number}]"
        if which in NUMBERS:
            return f"self._low.get_{which}({member.offset}{given})"
        if which in ("text", "data") and default:
            return f"self._low.get_{which}({member.offset}, default={default})"
        return ""

    def _read_field(self, node: Node, member: Member, depth: int) -> None:
        """Write the property of a reader."""
        if member.is_group:
            self._property(member, self._group(member, "reader"), depth)
            self._require(node, member, depth + 1)
            self._return_group(member, "reader", depth + 1)
            return
        self._property(member, self._python(member.type, "reader"), depth)
        self._require(node, member, depth + 1)
        self._return(node, member, "reader", depth + 1)
        self._has(node, member, depth)

    def _group(self, member: Member, part: str, *, inside: bool = False) -> str:
        """Return a class of a group. It has the parameters of the struct around it."""
        name = self._class(member.group, inside=inside)
        name += "" if part == "value" else f".{part.title()}"
        return name + self._own_arguments(part, self._part)

    def _return_group(self, member: Member, part: str, depth: int) -> None:
        """Write the statement that returns a reader or builder of a group."""
        if self._variables:
            self._return_opened(f'self._open("{member.name}")', self._group(member, part), depth)
        else:
            self._line(depth, f"return {self._group(member, part)}(self._low)")

    def _return_opened(self, text: str, annotation: str, depth: int) -> None:
        """Write the statements that return an object of which only its kind knows the type."""
        self._line(depth, f"found: {annotation} = {text}")
        self._line(depth, "return found")

    def _return(self, node: Node, member: Member, role: str, depth: int) -> None:
        if self._is_generic(member.type):
            annotation = self._python(member.type, role)
            self._return_opened(f'self._open("{member.name}")', annotation, depth)
            return
        text = self._scalar_read(member, role) or self._open(
            member.type, "self._low", str(member.offset), role, self._default_name(node.id, member)
        )
        self._line(depth, f"return {text}")

    def _has(self, node: Node, member: Member, depth: int) -> None:
        if not member.has:
            return
        self._line(0, "")
        self._def(depth, member.has, ["self"], self._builtin("bool"))
        self._line(depth + 1, f'"""Return whether the pointer ``{member.label}`` is not null."""')
        test = f"not self._low.is_null({member.offset})"
        if member.member is not None:
            tag = self._tag_of(node)
            test = f"self._low.get_uint16({tag}) == {member.member} and {test}"
        self._line(depth + 1, f"return {test}")

    def _build_field(self, node: Node, member: Member, depth: int) -> None:
        """Write the property of a builder, and the methods that build objects."""
        if member.is_group:
            self._build_group(node, member, depth)
            return
        kind = member.type
        which = kind.which()
        self._property(member, self._python(kind, "builder"), depth)
        self._require(node, member, depth + 1)
        self._return(node, member, "builder", depth + 1)
        if which != "void" or member.member is not None:
            self._line(0, "")
            self._line(depth, f"@{member.name}.setter")
            self._def(depth, member.name, ["self", f"value: {self._python(kind, 'set')}"], "None")
            self._set(member, depth + 1)
        self._has(node, member, depth)
        is_parameter = which == "any_pointer" and kind.any_pointer.which() == "parameter"
        if which not in ("struct", "list") and not is_parameter:
            return
        self._line(0, "")
        count = [f"count: {self._builtin('int')}"] if which == "list" else []
        if is_parameter:
            count = [f"count: {self._builtin('int')} = 0"]
        self._def(depth, member.init, ["self", *count], self._python(kind, "builder"))
        what = "a list of ``count`` zeroed items" if which == "list" else "a zeroed struct"
        if is_parameter:
            what = "a zeroed struct, or a list of ``count`` zeroed items,"
        self._line(depth + 1, f'"""Build {what} as ``{member.label}``."""')
        if self._is_generic(kind):
            given = ", count" if count else ""
            text = f'self._init("{member.name}"{given})'
            self._return_opened(text, self._python(kind, "builder"), depth + 1)
            return
        self._line(depth + 1, f"return {self._init(kind, member)}")

    def _update_method(self, node: Node, members: list[Member], depth: int) -> None:
        """Write the method that sets several fields, and the types of its arguments."""
        fields = [
            (member.name, self._group(member, "value"))
            if member.is_group
            else (member.name, self._python(member.type, "set"))
            for member in members
            if member.is_group or member.type.which() != "void" or member.member is not None
        ]
        if len(fields) < 2:
            return
        fields_type = "_Fields"
        if self._variables:
            # A class inside of a generic one cannot have its type variables.
            own = self._request.places[node.id][1].replace(".", "_")
            variables = self._own_arguments("builder")
            out = self._out
            self._out = []
            bases = ["typing.TypedDict", f"typing.Generic{variables}", "total=False"]
            self._gap(0)
            self._class_line(0, f"{own}_Fields", bases)
            self._fields_class(fields, 1)
            self._arguments_of_update.extend(self._out)
            self._out = out
            fields_type = f"{own}_Fields{variables}"
        else:
            self._gap(depth)
            self._line(depth, "class _Fields(typing.TypedDict, total=False):")
            self._fields_class(fields, depth + 1)
        self._line(0, "")
        self._def(depth, "update", ["self", "/", f"**fields: typing.Unpack[{fields_type}]"], "None")
        self._line(depth + 1, '"""Set several fields in one step, all or nothing."""')
        self._line(depth + 1, "self._update(fields)")

    def _fields_class(self, fields: list[tuple[str, str]], depth: int) -> None:
        """Write the body of the class of the arguments of ``update``."""
        self._line(depth, '"""The fields that ``update`` takes."""')
        self._line(0, "")
        for name, annotation in fields:
            self._line(depth, f"{name}: {annotation}")

    def _set(self, member: Member, depth: int) -> None:
        """Write the body of a setter."""
        kind = member.type
        which = kind.which()
        if member.member is not None:
            self._line(depth, f'self._select("{member.name}", value)')
        elif which in NUMBERS or which == "enum":
            default = self._scalar(kind, member.node.slot.default_value)
            # The bodies of set_bool and its like, to save a call.
            if which == "bool":
                put, arguments, zero = "_put_bool", [], "False"
            else:
                put = "_put_float" if which in ("float32", "float64") else "_put_integer"
                arguments, zero = [self._element(kind)], "0.0" if put == "_put_float" else "0"
            arguments += [str(member.offset), "value", default or zero]
            self._line(depth, f"self._low.{put}({', '.join(arguments)})")
        elif which in ("text", "data"):
            self._line(depth, f"self._low.set_{which}({member.offset}, value)")
        else:
            self._line(depth, f'self._assign("{member.name}", value)')

    def _build_group(self, node: Node, member: Member, depth: int) -> None:
        builder = self._group(member, "builder")
        self._property(member, builder, depth)
        self._require(node, member, depth + 1)
        self._return_group(member, "builder", depth + 1)
        self._line(0, "")
        self._line(depth, f"@{member.name}.setter")
        value = f"value: {self._group(member, 'value')}"
        self._def(depth, member.name, ["self", value], "None")
        if member.member is None:
            group = f'self._open("{member.name}")' if self._variables else f"{builder}(self._low)"
            self._line(depth + 1, f"{group}.set(value)")
            return
        self._line(depth + 1, f'self._select("{member.name}", value)')
        self._line(0, "")
        self._def(depth, member.init, ["self"], builder)
        self._line(depth + 1, f'"""Set the group ``{member.label}``, with zeroed fields."""')
        self._line(depth + 1, f'self._select_blank("{member.name}")')
        self._return_group(member, "builder", depth + 1)

    def _layout(self, node: Node, name: str, members: list[Member]) -> None:
        struct = node.struct
        arguments = [
            name,
            f"0x{node.id:016X}",
            str(struct.data_word_count),
            str(struct.pointer_count),
        ]
        arguments += [self._described(node, member) for member in members]
        if struct.discriminant_count:
            arguments.append(f"tag={struct.discriminant_offset}")
        if struct.is_group:
            arguments.append("is_group=True")
        # The compiler keeps the annotations of a named union at its field.
        found = [
            each for each in self._group_annotations.get(node.id, ()) if each.id == DISCRIMINATOR
        ]
        annotations = self._annotations(found or node.annotations)
        if annotations:
            arguments.append(f"annotations={annotations}")
        self._end.extend(statement_lines(0, f"schema.Layout({', '.join(arguments)})"))

    def _described(self, node: Node, member: Member) -> str:
        parts = [quoted(member.name), quoted(member.label)]
        if member.is_group:
            parts.append(f"schema.GroupKind(lambda: {self._class(member.group)})")
        else:
            parts += [self._kind(member.type), str(member.offset)]
            value = member.node.slot.default_value
            default = self._scalar(member.type, value)
            words = self._default_words(member.type, value)
            if words is not None:
                default = self._default_name(node.id, member)
                text = f"{default}: typing.Final = schema.Default({quoted(words)})"
                self._defaults.extend(statement_lines(0, text))
            if default:
                parts.append(f"default={default}")
        if member.member is not None:
            parts.append(f"member={member.member}")
        annotations = self._annotations(member.node.annotations)
        if annotations:
            parts.append(f"annotations={annotations}")
        return f"schema.FieldLayout({', '.join(parts)})"


def _aliased(statement: str, name: str, alias: str) -> str:
    return statement if name == alias else f"{statement} as {alias}"


def _which_alias(name: str) -> str:
    """Return the name of the type of a union's member names. Schemas have no such names."""
    return f"{name.replace('.', '_')}_Which"


def modules_of(
    request: s.CodeGeneratorRequest.Reader, *, in_package: bool = False
) -> dict[str, str]:
    """Return the text of the module of each requested file, by its path with slashes.

    Args:
        request: The request of the compiler.
        in_package: Whether the modules are in a package, and import each other relatively.
    """
    with valid_request():
        index = Request(request)
        return {
            module_name(index.files[file]).replace(".", "/") + ".py": Module(
                index, file, in_package=in_package
            ).text()
            for file in index.requested
        }
