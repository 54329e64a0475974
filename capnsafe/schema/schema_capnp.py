"""Code generated from schema.capnp by capnpc-capnsafe. Do not edit it."""

# This code is formatted. Linters have nothing to say about it.
# ruff: noqa

from __future__ import annotations

import builtins
import dataclasses
import typing

from capnsafe import schema

_uint16: typing.Final = schema.Element.UINT16
_uint32: typing.Final = schema.Element.UINT32
_uint64: typing.Final = schema.Element.UINT64
_uint8: typing.Final = schema.Element.UINT8

Node_Which: typing.TypeAlias = typing.Literal[
    "file",
    "struct",
    "enum",
    "interface",
    "const",
    "annotation",
]

Field_Ordinal_Which: typing.TypeAlias = typing.Literal["implicit", "explicit"]

Field_Which: typing.TypeAlias = typing.Literal["slot", "group"]

Type_AnyPointer_Unconstrained_Which: typing.TypeAlias = typing.Literal[
    "any_kind",
    "struct",
    "list",
    "capability",
]

Type_AnyPointer_Which: typing.TypeAlias = typing.Literal[
    "unconstrained",
    "parameter",
    "implicit_method_parameter",
]

Type_Which: typing.TypeAlias = typing.Literal[
    "void",
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "text",
    "data",
    "list",
    "enum",
    "struct",
    "interface",
    "any_pointer",
]

Brand_Scope_Which: typing.TypeAlias = typing.Literal["bind", "inherit"]

Brand_Binding_Which: typing.TypeAlias = typing.Literal["unbound", "type"]

Value_Which: typing.TypeAlias = typing.Literal[
    "void",
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "text",
    "data",
    "list",
    "enum",
    "struct",
    "interface",
    "any_pointer",
]

CodeGeneratorRequest_RequestedFile_FileSourceInfo_Identifier_Which: typing.TypeAlias = (
    typing.Literal["type_id", "member"]
)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Node(schema.UnionValue):
    """The struct ``Node``."""

    id: builtins.int = 0
    display_name: builtins.str = ""
    display_name_prefix_length: builtins.int = 0
    scope_id: builtins.int = 0
    parameters: builtins.list[Node.Parameter] = dataclasses.field(default_factory=builtins.list)
    is_generic: builtins.bool = False
    nested_nodes: builtins.list[Node.NestedNode] = dataclasses.field(default_factory=builtins.list)
    annotations: builtins.list[_Annotation] = dataclasses.field(default_factory=builtins.list)
    file: schema.UnsetType | None = schema.UNSET
    struct: Node.Struct | schema.UnsetType = schema.UNSET
    enum: Node.Enum | schema.UnsetType = schema.UNSET
    interface: Node.Interface | schema.UnsetType = schema.UNSET
    const: Node.Const | schema.UnsetType = schema.UNSET
    annotation: Node.Annotation | schema.UnsetType = schema.UNSET
    start_byte: builtins.int = 0
    end_byte: builtins.int = 0

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Parameter(schema.StructValue):
        """Information about one of the node's parameters."""

        name: builtins.str = ""

        @builtins.classmethod
        def __capnsafe_schema__(cls) -> schema.Types[Node.Parameter.Builder, Node.Parameter.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 0, 1, Node.Parameter.Builder, Node.Parameter.Reader

        class Reader(schema.GeneratedReader["Node.Parameter"]):
            """Reads ``Node.Parameter``."""

            __slots__ = ()

            @builtins.property
            def name(self) -> builtins.str:
                """``name :Text``."""
                return self._low.get_text(0) or ""

            def has_name(self) -> builtins.bool:
                """Return whether the pointer ``name`` is not null."""
                return not self._low.is_null(0)

        class Builder(schema.GeneratedBuilder["Node.Parameter"]):
            """Builds ``Node.Parameter``."""

            __slots__ = ()

            @builtins.property
            def name(self) -> builtins.str:
                """``name :Text``."""
                return self._low.get_text(0) or ""

            @name.setter
            def name(self, value: builtins.str) -> None:
                self._low.set_text(0, value)

            def has_name(self) -> builtins.bool:
                """Return whether the pointer ``name`` is not null."""
                return not self._low.is_null(0)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class NestedNode(schema.StructValue):
        """The struct ``Node.NestedNode``."""

        name: builtins.str = ""
        id: builtins.int = 0

        @builtins.classmethod
        def __capnsafe_schema__(
            cls,
        ) -> schema.Types[Node.NestedNode.Builder, Node.NestedNode.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 1, 1, Node.NestedNode.Builder, Node.NestedNode.Reader

        class Reader(schema.GeneratedReader["Node.NestedNode"]):
            """Reads ``Node.NestedNode``."""

            __slots__ = ()

            @builtins.property
            def name(self) -> builtins.str:
                """Unqualified symbol name.  Unlike Node.displayName, this *can* be used programmatically.

                (On Zooko's triangle, this is the node's petname according to its parent scope.)
                """
                return self._low.get_text(0) or ""

            def has_name(self) -> builtins.bool:
                """Return whether the pointer ``name`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def id(self) -> builtins.int:
                """ID of the nested node.  Typically, the target node's scopeId points back to this node, but
                robust code should avoid relying on this.
                """
                return self._low.get_uint64(0)

        class Builder(schema.GeneratedBuilder["Node.NestedNode"]):
            """Builds ``Node.NestedNode``."""

            __slots__ = ()

            @builtins.property
            def name(self) -> builtins.str:
                """Unqualified symbol name.  Unlike Node.displayName, this *can* be used programmatically.

                (On Zooko's triangle, this is the node's petname according to its parent scope.)
                """
                return self._low.get_text(0) or ""

            @name.setter
            def name(self, value: builtins.str) -> None:
                self._low.set_text(0, value)

            def has_name(self) -> builtins.bool:
                """Return whether the pointer ``name`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def id(self) -> builtins.int:
                """ID of the nested node.  Typically, the target node's scopeId points back to this node, but
                robust code should avoid relying on this.
                """
                return self._low.get_uint64(0)

            @id.setter
            def id(self, value: builtins.int) -> None:
                self._low._put_integer(_uint64, 0, value, 0)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                name: builtins.str
                id: builtins.int

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class SourceInfo(schema.StructValue):
        """Additional information about a node which is not needed at runtime, but may be useful for
        documentation or debugging purposes. This is kept in a separate struct to make sure it
        doesn't accidentally get included in contexts where it is not needed. The
        `CodeGeneratorRequest` includes this information in a separate array.
        """

        id: builtins.int = 0
        doc_comment: builtins.str = ""
        members: builtins.list[Node.SourceInfo.Member] = dataclasses.field(
            default_factory=builtins.list,
        )
        start_byte: builtins.int = 0
        end_byte: builtins.int = 0

        @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
        class Member(schema.StructValue):
            """The struct ``Node.SourceInfo.Member``."""

            doc_comment: builtins.str = ""

            @builtins.classmethod
            def __capnsafe_schema__(
                cls,
            ) -> schema.Types[Node.SourceInfo.Member.Builder, Node.SourceInfo.Member.Reader]:
                """Return the sections of the struct, its builder and its reader."""
                return 0, 1, Node.SourceInfo.Member.Builder, Node.SourceInfo.Member.Reader

            class Reader(schema.GeneratedReader["Node.SourceInfo.Member"]):
                """Reads ``Node.SourceInfo.Member``."""

                __slots__ = ()

                @builtins.property
                def doc_comment(self) -> builtins.str:
                    """Doc comment on the member."""
                    return self._low.get_text(0) or ""

                def has_doc_comment(self) -> builtins.bool:
                    """Return whether the pointer ``docComment`` is not null."""
                    return not self._low.is_null(0)

            class Builder(schema.GeneratedBuilder["Node.SourceInfo.Member"]):
                """Builds ``Node.SourceInfo.Member``."""

                __slots__ = ()

                @builtins.property
                def doc_comment(self) -> builtins.str:
                    """Doc comment on the member."""
                    return self._low.get_text(0) or ""

                @doc_comment.setter
                def doc_comment(self, value: builtins.str) -> None:
                    self._low.set_text(0, value)

                def has_doc_comment(self) -> builtins.bool:
                    """Return whether the pointer ``docComment`` is not null."""
                    return not self._low.is_null(0)

        @builtins.classmethod
        def __capnsafe_schema__(
            cls,
        ) -> schema.Types[Node.SourceInfo.Builder, Node.SourceInfo.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 2, 2, Node.SourceInfo.Builder, Node.SourceInfo.Reader

        class Reader(schema.GeneratedReader["Node.SourceInfo"]):
            """Reads ``Node.SourceInfo``."""

            __slots__ = ()

            @builtins.property
            def id(self) -> builtins.int:
                """ID of the Node which this info describes."""
                return self._low.get_uint64(0)

            @builtins.property
            def doc_comment(self) -> builtins.str:
                """The top-level doc comment for the Node."""
                return self._low.get_text(0) or ""

            def has_doc_comment(self) -> builtins.bool:
                """Return whether the pointer ``docComment`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def members(self) -> schema.Items[Node.SourceInfo.Member.Reader]:
                """Information about each member -- i.e. fields (for structs), enumerants (for enums), or
                methods (for interfaces).

                This list is the same length and order as the corresponding list in the Node, i.e.
                Node.struct.fields, Node.enum.enumerants, or Node.interface.methods.
                """
                return schema.StructItems(
                    self._low.get_struct_list(1),
                    Node.SourceInfo.Member.Reader,
                )

            def has_members(self) -> builtins.bool:
                """Return whether the pointer ``members`` is not null."""
                return not self._low.is_null(1)

            @builtins.property
            def start_byte(self) -> builtins.int:
                """``startByte :UInt32``."""
                return self._low.get_uint32(2)

            @builtins.property
            def end_byte(self) -> builtins.int:
                """``endByte :UInt32``."""
                return self._low.get_uint32(3)

        class Builder(schema.GeneratedBuilder["Node.SourceInfo"]):
            """Builds ``Node.SourceInfo``."""

            __slots__ = ()

            @builtins.property
            def id(self) -> builtins.int:
                """ID of the Node which this info describes."""
                return self._low.get_uint64(0)

            @id.setter
            def id(self, value: builtins.int) -> None:
                self._low._put_integer(_uint64, 0, value, 0)

            @builtins.property
            def doc_comment(self) -> builtins.str:
                """The top-level doc comment for the Node."""
                return self._low.get_text(0) or ""

            @doc_comment.setter
            def doc_comment(self, value: builtins.str) -> None:
                self._low.set_text(0, value)

            def has_doc_comment(self) -> builtins.bool:
                """Return whether the pointer ``docComment`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def members(
                self,
            ) -> schema.ItemsBuilder[Node.SourceInfo.Member.Builder, Node.SourceInfo.Member]:
                """Information about each member -- i.e. fields (for structs), enumerants (for enums), or
                methods (for interfaces).

                This list is the same length and order as the corresponding list in the Node, i.e.
                Node.struct.fields, Node.enum.enumerants, or Node.interface.methods.
                """
                return schema.StructItemsBuilder(
                    self._low.get_struct_list(1, 0, 1),
                    Node.SourceInfo.Member,
                )

            @members.setter
            def members(
                self,
                value: typing.Iterable[
                    Node.SourceInfo.Member
                    | Node.SourceInfo.Member.Reader
                    | Node.SourceInfo.Member.Builder
                ],
            ) -> None:
                self._assign("members", value)

            def has_members(self) -> builtins.bool:
                """Return whether the pointer ``members`` is not null."""
                return not self._low.is_null(1)

            def init_members(
                self,
                count: builtins.int,
            ) -> schema.ItemsBuilder[Node.SourceInfo.Member.Builder, Node.SourceInfo.Member]:
                """Build a list of ``count`` zeroed items as ``members``."""
                return schema.StructItemsBuilder(
                    self._low.init_struct_list(1, count, 0, 1),
                    Node.SourceInfo.Member,
                )

            @builtins.property
            def start_byte(self) -> builtins.int:
                """``startByte :UInt32``."""
                return self._low.get_uint32(2)

            @start_byte.setter
            def start_byte(self, value: builtins.int) -> None:
                self._low._put_integer(_uint32, 2, value, 0)

            @builtins.property
            def end_byte(self) -> builtins.int:
                """``endByte :UInt32``."""
                return self._low.get_uint32(3)

            @end_byte.setter
            def end_byte(self, value: builtins.int) -> None:
                self._low._put_integer(_uint32, 3, value, 0)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                id: builtins.int
                doc_comment: builtins.str
                members: typing.Iterable[
                    Node.SourceInfo.Member
                    | Node.SourceInfo.Member.Reader
                    | Node.SourceInfo.Member.Builder
                ]
                start_byte: builtins.int
                end_byte: builtins.int

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Struct(schema.StructValue):
        """The group ``Node.Struct``."""

        data_word_count: builtins.int = 0
        pointer_count: builtins.int = 0
        preferred_list_encoding: ElementSize = dataclasses.field(
            default_factory=lambda: Node.Struct._layout.initial("preferred_list_encoding"),
        )
        is_group: builtins.bool = False
        discriminant_count: builtins.int = 0
        discriminant_offset: builtins.int = 0
        fields: builtins.list[Field] = dataclasses.field(default_factory=builtins.list)

        class Reader(schema.GeneratedReader["Node.Struct"]):
            """Reads ``Node.Struct``."""

            __slots__ = ()

            @builtins.property
            def data_word_count(self) -> builtins.int:
                """Size of the data section, in words."""
                return self._low.get_uint16(7)

            @builtins.property
            def pointer_count(self) -> builtins.int:
                """Size of the pointer section, in pointers (which are one word each)."""
                return self._low.get_uint16(12)

            @builtins.property
            def preferred_list_encoding(self) -> ElementSize:
                """The preferred element size to use when encoding a list of this struct.  If this is anything
                other than `inlineComposite` then the struct is one word or less in size and is a candidate
                for list packing optimization.
                """
                return ElementSize.BY_VALUE[self._low._integer(_uint16, 13, 0)]

            @builtins.property
            def is_group(self) -> builtins.bool:
                """If true, then this "struct" node is actually not an independent node, but merely represents
                some named union or group within a particular parent struct.  This node's scopeId refers
                to the parent struct, which may itself be a union/group in yet another struct.

                All group nodes share the same dataWordCount and pointerCount as the top-level
                struct, and their fields live in the same ordinal and offset spaces as all other fields in
                the struct.

                Note that a named union is considered a special kind of group -- in fact, a named union
                is exactly equivalent to a group that contains nothing but an unnamed union.
                """
                return self._low.get_bool(224)

            @builtins.property
            def discriminant_count(self) -> builtins.int:
                """Number of fields in this struct which are members of an anonymous union, and thus may
                overlap.  If this is non-zero, then a 16-bit discriminant is present indicating which
                of the overlapping fields is active.  This can never be 1 -- if it is non-zero, it must be
                two or more.

                Note that the fields of an unnamed union are considered fields of the scope containing the
                union -- an unnamed union is not its own group.  So, a top-level struct may contain a
                non-zero discriminant count.  Named unions, on the other hand, are equivalent to groups
                containing unnamed unions.  So, a named union has its own independent schema node, with
                `isGroup` = true.
                """
                return self._low.get_uint16(15)

            @builtins.property
            def discriminant_offset(self) -> builtins.int:
                """If `discriminantCount` is non-zero, this is the offset of the union discriminant, in
                multiples of 16 bits.
                """
                return self._low.get_uint32(8)

            @builtins.property
            def fields(self) -> schema.Items[Field.Reader]:
                """Fields defined within this scope (either the struct's top-level fields, or the fields of
                a particular group; see `isGroup`).

                The fields are sorted by ordinal number, but note that because groups share the same
                ordinal space, the field's index in this list is not necessarily exactly its ordinal.
                On the other hand, the field's position in this list does remain the same even as the
                protocol evolves, since it is not possible to insert or remove an earlier ordinal.
                Therefore, for most use cases, if you want to identify a field by number, it may make the
                most sense to use the field's index in this list rather than its ordinal.
                """
                return schema.StructItems(self._low.get_struct_list(3), Field.Reader)

            def has_fields(self) -> builtins.bool:
                """Return whether the pointer ``fields`` is not null."""
                return not self._low.is_null(3)

        class Builder(schema.GeneratedBuilder["Node.Struct"]):
            """Builds ``Node.Struct``."""

            __slots__ = ()

            @builtins.property
            def data_word_count(self) -> builtins.int:
                """Size of the data section, in words."""
                return self._low.get_uint16(7)

            @data_word_count.setter
            def data_word_count(self, value: builtins.int) -> None:
                self._low._put_integer(_uint16, 7, value, 0)

            @builtins.property
            def pointer_count(self) -> builtins.int:
                """Size of the pointer section, in pointers (which are one word each)."""
                return self._low.get_uint16(12)

            @pointer_count.setter
            def pointer_count(self, value: builtins.int) -> None:
                self._low._put_integer(_uint16, 12, value, 0)

            @builtins.property
            def preferred_list_encoding(self) -> ElementSize:
                """The preferred element size to use when encoding a list of this struct.  If this is anything
                other than `inlineComposite` then the struct is one word or less in size and is a candidate
                for list packing optimization.
                """
                return ElementSize.BY_VALUE[self._low._take_integer(_uint16, 13, 0)]

            @preferred_list_encoding.setter
            def preferred_list_encoding(self, value: ElementSize) -> None:
                self._low._put_integer(_uint16, 13, value, 0)

            @builtins.property
            def is_group(self) -> builtins.bool:
                """If true, then this "struct" node is actually not an independent node, but merely represents
                some named union or group within a particular parent struct.  This node's scopeId refers
                to the parent struct, which may itself be a union/group in yet another struct.

                All group nodes share the same dataWordCount and pointerCount as the top-level
                struct, and their fields live in the same ordinal and offset spaces as all other fields in
                the struct.

                Note that a named union is considered a special kind of group -- in fact, a named union
                is exactly equivalent to a group that contains nothing but an unnamed union.
                """
                return self._low.get_bool(224)

            @is_group.setter
            def is_group(self, value: builtins.bool) -> None:
                self._low._put_bool(224, value, False)

            @builtins.property
            def discriminant_count(self) -> builtins.int:
                """Number of fields in this struct which are members of an anonymous union, and thus may
                overlap.  If this is non-zero, then a 16-bit discriminant is present indicating which
                of the overlapping fields is active.  This can never be 1 -- if it is non-zero, it must be
                two or more.

                Note that the fields of an unnamed union are considered fields of the scope containing the
                union -- an unnamed union is not its own group.  So, a top-level struct may contain a
                non-zero discriminant count.  Named unions, on the other hand, are equivalent to groups
                containing unnamed unions.  So, a named union has its own independent schema node, with
                `isGroup` = true.
                """
                return self._low.get_uint16(15)

            @discriminant_count.setter
            def discriminant_count(self, value: builtins.int) -> None:
                self._low._put_integer(_uint16, 15, value, 0)

            @builtins.property
            def discriminant_offset(self) -> builtins.int:
                """If `discriminantCount` is non-zero, this is the offset of the union discriminant, in
                multiples of 16 bits.
                """
                return self._low.get_uint32(8)

            @discriminant_offset.setter
            def discriminant_offset(self, value: builtins.int) -> None:
                self._low._put_integer(_uint32, 8, value, 0)

            @builtins.property
            def fields(self) -> schema.ItemsBuilder[Field.Builder, Field]:
                """Fields defined within this scope (either the struct's top-level fields, or the fields of
                a particular group; see `isGroup`).

                The fields are sorted by ordinal number, but note that because groups share the same
                ordinal space, the field's index in this list is not necessarily exactly its ordinal.
                On the other hand, the field's position in this list does remain the same even as the
                protocol evolves, since it is not possible to insert or remove an earlier ordinal.
                Therefore, for most use cases, if you want to identify a field by number, it may make the
                most sense to use the field's index in this list rather than its ordinal.
                """
                return schema.StructItemsBuilder(self._low.get_struct_list(3, 3, 4), Field)

            @fields.setter
            def fields(self, value: typing.Iterable[Field | Field.Reader | Field.Builder]) -> None:
                self._assign("fields", value)

            def has_fields(self) -> builtins.bool:
                """Return whether the pointer ``fields`` is not null."""
                return not self._low.is_null(3)

            def init_fields(self, count: builtins.int) -> schema.ItemsBuilder[Field.Builder, Field]:
                """Build a list of ``count`` zeroed items as ``fields``."""
                return schema.StructItemsBuilder(self._low.init_struct_list(3, count, 3, 4), Field)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                data_word_count: builtins.int
                pointer_count: builtins.int
                preferred_list_encoding: ElementSize
                is_group: builtins.bool
                discriminant_count: builtins.int
                discriminant_offset: builtins.int
                fields: typing.Iterable[Field | Field.Reader | Field.Builder]

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Enum(schema.StructValue):
        """The group ``Node.Enum``."""

        enumerants: builtins.list[Enumerant] = dataclasses.field(default_factory=builtins.list)

        class Reader(schema.GeneratedReader["Node.Enum"]):
            """Reads ``Node.Enum``."""

            __slots__ = ()

            @builtins.property
            def enumerants(self) -> schema.Items[Enumerant.Reader]:
                """Enumerants ordered by numeric value (ordinal)."""
                return schema.StructItems(self._low.get_struct_list(3), Enumerant.Reader)

            def has_enumerants(self) -> builtins.bool:
                """Return whether the pointer ``enumerants`` is not null."""
                return not self._low.is_null(3)

        class Builder(schema.GeneratedBuilder["Node.Enum"]):
            """Builds ``Node.Enum``."""

            __slots__ = ()

            @builtins.property
            def enumerants(self) -> schema.ItemsBuilder[Enumerant.Builder, Enumerant]:
                """Enumerants ordered by numeric value (ordinal)."""
                return schema.StructItemsBuilder(self._low.get_struct_list(3, 1, 2), Enumerant)

            @enumerants.setter
            def enumerants(
                self,
                value: typing.Iterable[Enumerant | Enumerant.Reader | Enumerant.Builder],
            ) -> None:
                self._assign("enumerants", value)

            def has_enumerants(self) -> builtins.bool:
                """Return whether the pointer ``enumerants`` is not null."""
                return not self._low.is_null(3)

            def init_enumerants(
                self,
                count: builtins.int,
            ) -> schema.ItemsBuilder[Enumerant.Builder, Enumerant]:
                """Build a list of ``count`` zeroed items as ``enumerants``."""
                return schema.StructItemsBuilder(
                    self._low.init_struct_list(3, count, 1, 2),
                    Enumerant,
                )

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Interface(schema.StructValue):
        """The group ``Node.Interface``."""

        methods: builtins.list[Method] = dataclasses.field(default_factory=builtins.list)
        superclasses: builtins.list[Superclass] = dataclasses.field(default_factory=builtins.list)

        class Reader(schema.GeneratedReader["Node.Interface"]):
            """Reads ``Node.Interface``."""

            __slots__ = ()

            @builtins.property
            def methods(self) -> schema.Items[Method.Reader]:
                """Methods ordered by ordinal."""
                return schema.StructItems(self._low.get_struct_list(3), Method.Reader)

            def has_methods(self) -> builtins.bool:
                """Return whether the pointer ``methods`` is not null."""
                return not self._low.is_null(3)

            @builtins.property
            def superclasses(self) -> schema.Items[Superclass.Reader]:
                """Superclasses of this interface."""
                return schema.StructItems(self._low.get_struct_list(4), Superclass.Reader)

            def has_superclasses(self) -> builtins.bool:
                """Return whether the pointer ``superclasses`` is not null."""
                return not self._low.is_null(4)

        class Builder(schema.GeneratedBuilder["Node.Interface"]):
            """Builds ``Node.Interface``."""

            __slots__ = ()

            @builtins.property
            def methods(self) -> schema.ItemsBuilder[Method.Builder, Method]:
                """Methods ordered by ordinal."""
                return schema.StructItemsBuilder(self._low.get_struct_list(3, 3, 5), Method)

            @methods.setter
            def methods(
                self,
                value: typing.Iterable[Method | Method.Reader | Method.Builder],
            ) -> None:
                self._assign("methods", value)

            def has_methods(self) -> builtins.bool:
                """Return whether the pointer ``methods`` is not null."""
                return not self._low.is_null(3)

            def init_methods(
                self,
                count: builtins.int,
            ) -> schema.ItemsBuilder[Method.Builder, Method]:
                """Build a list of ``count`` zeroed items as ``methods``."""
                return schema.StructItemsBuilder(self._low.init_struct_list(3, count, 3, 5), Method)

            @builtins.property
            def superclasses(self) -> schema.ItemsBuilder[Superclass.Builder, Superclass]:
                """Superclasses of this interface."""
                return schema.StructItemsBuilder(self._low.get_struct_list(4, 1, 1), Superclass)

            @superclasses.setter
            def superclasses(
                self,
                value: typing.Iterable[Superclass | Superclass.Reader | Superclass.Builder],
            ) -> None:
                self._assign("superclasses", value)

            def has_superclasses(self) -> builtins.bool:
                """Return whether the pointer ``superclasses`` is not null."""
                return not self._low.is_null(4)

            def init_superclasses(
                self,
                count: builtins.int,
            ) -> schema.ItemsBuilder[Superclass.Builder, Superclass]:
                """Build a list of ``count`` zeroed items as ``superclasses``."""
                return schema.StructItemsBuilder(
                    self._low.init_struct_list(4, count, 1, 1),
                    Superclass,
                )

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                methods: typing.Iterable[Method | Method.Reader | Method.Builder]
                superclasses: typing.Iterable[Superclass | Superclass.Reader | Superclass.Builder]

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Const(schema.StructValue):
        """The group ``Node.Const``."""

        type: Type | None = None
        value: Value | None = None

        class Reader(schema.GeneratedReader["Node.Const"]):
            """Reads ``Node.Const``."""

            __slots__ = ()

            @builtins.property
            def type(self) -> Type.Reader:
                """``type :Type``."""
                return Type.Reader(self._low.get_struct(3) or schema.NO_STRUCT)

            def has_type(self) -> builtins.bool:
                """Return whether the pointer ``type`` is not null."""
                return not self._low.is_null(3)

            @builtins.property
            def value(self) -> Value.Reader:
                """``value :Value``."""
                return Value.Reader(self._low.get_struct(4) or schema.NO_STRUCT)

            def has_value(self) -> builtins.bool:
                """Return whether the pointer ``value`` is not null."""
                return not self._low.is_null(4)

        class Builder(schema.GeneratedBuilder["Node.Const"]):
            """Builds ``Node.Const``."""

            __slots__ = ()

            @builtins.property
            def type(self) -> Type.Builder:
                """``type :Type``."""
                return Type.Builder(self._low.get_struct(3, 3, 1) or self._low.init_struct(3, 3, 1))

            @type.setter
            def type(self, value: Type | Type.Reader | Type.Builder | None) -> None:
                self._assign("type", value)

            def has_type(self) -> builtins.bool:
                """Return whether the pointer ``type`` is not null."""
                return not self._low.is_null(3)

            def init_type(self) -> Type.Builder:
                """Build a zeroed struct as ``type``."""
                return Type.Builder(self._low.init_struct(3, 3, 1))

            @builtins.property
            def value(self) -> Value.Builder:
                """``value :Value``."""
                return Value.Builder(
                    self._low.get_struct(4, 2, 1) or self._low.init_struct(4, 2, 1),
                )

            @value.setter
            def value(self, value: Value | Value.Reader | Value.Builder | None) -> None:
                self._assign("value", value)

            def has_value(self) -> builtins.bool:
                """Return whether the pointer ``value`` is not null."""
                return not self._low.is_null(4)

            def init_value(self) -> Value.Builder:
                """Build a zeroed struct as ``value``."""
                return Value.Builder(self._low.init_struct(4, 2, 1))

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                type: Type | Type.Reader | Type.Builder | None
                value: Value | Value.Reader | Value.Builder | None

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Annotation(schema.StructValue):
        """The group ``Node.Annotation``."""

        type: Type | None = None
        targets_file: builtins.bool = False
        targets_const: builtins.bool = False
        targets_enum: builtins.bool = False
        targets_enumerant: builtins.bool = False
        targets_struct: builtins.bool = False
        targets_field: builtins.bool = False
        targets_union: builtins.bool = False
        targets_group: builtins.bool = False
        targets_interface: builtins.bool = False
        targets_method: builtins.bool = False
        targets_param: builtins.bool = False
        targets_annotation: builtins.bool = False

        class Reader(schema.GeneratedReader["Node.Annotation"]):
            """Reads ``Node.Annotation``."""

            __slots__ = ()

            @builtins.property
            def type(self) -> Type.Reader:
                """``type :Type``."""
                return Type.Reader(self._low.get_struct(3) or schema.NO_STRUCT)

            def has_type(self) -> builtins.bool:
                """Return whether the pointer ``type`` is not null."""
                return not self._low.is_null(3)

            @builtins.property
            def targets_file(self) -> builtins.bool:
                """``targetsFile :Bool``."""
                return self._low.get_bool(112)

            @builtins.property
            def targets_const(self) -> builtins.bool:
                """``targetsConst :Bool``."""
                return self._low.get_bool(113)

            @builtins.property
            def targets_enum(self) -> builtins.bool:
                """``targetsEnum :Bool``."""
                return self._low.get_bool(114)

            @builtins.property
            def targets_enumerant(self) -> builtins.bool:
                """``targetsEnumerant :Bool``."""
                return self._low.get_bool(115)

            @builtins.property
            def targets_struct(self) -> builtins.bool:
                """``targetsStruct :Bool``."""
                return self._low.get_bool(116)

            @builtins.property
            def targets_field(self) -> builtins.bool:
                """``targetsField :Bool``."""
                return self._low.get_bool(117)

            @builtins.property
            def targets_union(self) -> builtins.bool:
                """``targetsUnion :Bool``."""
                return self._low.get_bool(118)

            @builtins.property
            def targets_group(self) -> builtins.bool:
                """``targetsGroup :Bool``."""
                return self._low.get_bool(119)

            @builtins.property
            def targets_interface(self) -> builtins.bool:
                """``targetsInterface :Bool``."""
                return self._low.get_bool(120)

            @builtins.property
            def targets_method(self) -> builtins.bool:
                """``targetsMethod :Bool``."""
                return self._low.get_bool(121)

            @builtins.property
            def targets_param(self) -> builtins.bool:
                """``targetsParam :Bool``."""
                return self._low.get_bool(122)

            @builtins.property
            def targets_annotation(self) -> builtins.bool:
                """``targetsAnnotation :Bool``."""
                return self._low.get_bool(123)

        class Builder(schema.GeneratedBuilder["Node.Annotation"]):
            """Builds ``Node.Annotation``."""

            __slots__ = ()

            @builtins.property
            def type(self) -> Type.Builder:
                """``type :Type``."""
                return Type.Builder(self._low.get_struct(3, 3, 1) or self._low.init_struct(3, 3, 1))

            @type.setter
            def type(self, value: Type | Type.Reader | Type.Builder | None) -> None:
                self._assign("type", value)

            def has_type(self) -> builtins.bool:
                """Return whether the pointer ``type`` is not null."""
                return not self._low.is_null(3)

            def init_type(self) -> Type.Builder:
                """Build a zeroed struct as ``type``."""
                return Type.Builder(self._low.init_struct(3, 3, 1))

            @builtins.property
            def targets_file(self) -> builtins.bool:
                """``targetsFile :Bool``."""
                return self._low.get_bool(112)

            @targets_file.setter
            def targets_file(self, value: builtins.bool) -> None:
                self._low._put_bool(112, value, False)

            @builtins.property
            def targets_const(self) -> builtins.bool:
                """``targetsConst :Bool``."""
                return self._low.get_bool(113)

            @targets_const.setter
            def targets_const(self, value: builtins.bool) -> None:
                self._low._put_bool(113, value, False)

            @builtins.property
            def targets_enum(self) -> builtins.bool:
                """``targetsEnum :Bool``."""
                return self._low.get_bool(114)

            @targets_enum.setter
            def targets_enum(self, value: builtins.bool) -> None:
                self._low._put_bool(114, value, False)

            @builtins.property
            def targets_enumerant(self) -> builtins.bool:
                """``targetsEnumerant :Bool``."""
                return self._low.get_bool(115)

            @targets_enumerant.setter
            def targets_enumerant(self, value: builtins.bool) -> None:
                self._low._put_bool(115, value, False)

            @builtins.property
            def targets_struct(self) -> builtins.bool:
                """``targetsStruct :Bool``."""
                return self._low.get_bool(116)

            @targets_struct.setter
            def targets_struct(self, value: builtins.bool) -> None:
                self._low._put_bool(116, value, False)

            @builtins.property
            def targets_field(self) -> builtins.bool:
                """``targetsField :Bool``."""
                return self._low.get_bool(117)

            @targets_field.setter
            def targets_field(self, value: builtins.bool) -> None:
                self._low._put_bool(117, value, False)

            @builtins.property
            def targets_union(self) -> builtins.bool:
                """``targetsUnion :Bool``."""
                return self._low.get_bool(118)

            @targets_union.setter
            def targets_union(self, value: builtins.bool) -> None:
                self._low._put_bool(118, value, False)

            @builtins.property
            def targets_group(self) -> builtins.bool:
                """``targetsGroup :Bool``."""
                return self._low.get_bool(119)

            @targets_group.setter
            def targets_group(self, value: builtins.bool) -> None:
                self._low._put_bool(119, value, False)

            @builtins.property
            def targets_interface(self) -> builtins.bool:
                """``targetsInterface :Bool``."""
                return self._low.get_bool(120)

            @targets_interface.setter
            def targets_interface(self, value: builtins.bool) -> None:
                self._low._put_bool(120, value, False)

            @builtins.property
            def targets_method(self) -> builtins.bool:
                """``targetsMethod :Bool``."""
                return self._low.get_bool(121)

            @targets_method.setter
            def targets_method(self, value: builtins.bool) -> None:
                self._low._put_bool(121, value, False)

            @builtins.property
            def targets_param(self) -> builtins.bool:
                """``targetsParam :Bool``."""
                return self._low.get_bool(122)

            @targets_param.setter
            def targets_param(self, value: builtins.bool) -> None:
                self._low._put_bool(122, value, False)

            @builtins.property
            def targets_annotation(self) -> builtins.bool:
                """``targetsAnnotation :Bool``."""
                return self._low.get_bool(123)

            @targets_annotation.setter
            def targets_annotation(self, value: builtins.bool) -> None:
                self._low._put_bool(123, value, False)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                type: Type | Type.Reader | Type.Builder | None
                targets_file: builtins.bool
                targets_const: builtins.bool
                targets_enum: builtins.bool
                targets_enumerant: builtins.bool
                targets_struct: builtins.bool
                targets_field: builtins.bool
                targets_union: builtins.bool
                targets_group: builtins.bool
                targets_interface: builtins.bool
                targets_method: builtins.bool
                targets_param: builtins.bool
                targets_annotation: builtins.bool

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Node_Which]] = {
        0: "file",
        1: "struct",
        2: "enum",
        3: "interface",
        4: "const",
        5: "annotation",
    }

    def which(self) -> Node_Which | None:
        """Return the member that is set, or ``None`` for one of a newer schema."""
        return Node.MEMBERS.get(self._member())

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Node.Builder, Node.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 6, 6, Node.Builder, Node.Reader

    class Reader(schema.GeneratedReader["Node"]):
        """Reads ``Node``."""

        __slots__ = ()

        @builtins.property
        def id(self) -> builtins.int:
            """``id :UInt64``."""
            return self._low.get_uint64(0)

        @builtins.property
        def display_name(self) -> builtins.str:
            """Name to present to humans to identify this Node.  You should not attempt to parse this.  Its
            format could change.  It is not guaranteed to be unique.

            (On Zooko's triangle, this is the node's nickname.)
            """
            return self._low.get_text(0) or ""

        def has_display_name(self) -> builtins.bool:
            """Return whether the pointer ``displayName`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def display_name_prefix_length(self) -> builtins.int:
            """If you want a shorter version of `displayName` (just naming this node, without its surrounding
            scope), chop off this many characters from the beginning of `displayName`.
            """
            return self._low.get_uint32(2)

        @builtins.property
        def scope_id(self) -> builtins.int:
            """ID of the lexical parent node.  Typically, the scope node will have a NestedNode pointing back
            at this node, but robust code should avoid relying on this (and, in fact, group nodes are not
            listed in the outer struct's nestedNodes, since they are listed in the fields).  `scopeId` is
            zero if the node has no parent, which is normally only the case with files, but should be
            allowed for any kind of node (in order to make runtime type generation easier).
            """
            return self._low.get_uint64(2)

        @builtins.property
        def parameters(self) -> schema.Items[Node.Parameter.Reader]:
            """If this node is parameterized (generic), the list of parameters. Empty for non-generic types."""
            return schema.StructItems(self._low.get_struct_list(5), Node.Parameter.Reader)

        def has_parameters(self) -> builtins.bool:
            """Return whether the pointer ``parameters`` is not null."""
            return not self._low.is_null(5)

        @builtins.property
        def is_generic(self) -> builtins.bool:
            """True if this node is generic, meaning that it or one of its parent scopes has a non-empty
            `parameters`.
            """
            return self._low.get_bool(288)

        @builtins.property
        def nested_nodes(self) -> schema.Items[Node.NestedNode.Reader]:
            """List of nodes nested within this node, along with the names under which they were declared."""
            return schema.StructItems(self._low.get_struct_list(1), Node.NestedNode.Reader)

        def has_nested_nodes(self) -> builtins.bool:
            """Return whether the pointer ``nestedNodes`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def annotations(self) -> schema.Items[Annotation.Reader]:
            """Annotations applied to this node."""
            return schema.StructItems(self._low.get_struct_list(2), Annotation.Reader)

        def has_annotations(self) -> builtins.bool:
            """Return whether the pointer ``annotations`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def file(self) -> None:
            """``file :Void``."""
            if self._low.get_uint16(6) != 0:
                raise self._unset("file")
            return None

        @builtins.property
        def struct(self) -> Node.Struct.Reader:
            """The group ``struct``."""
            if self._low.get_uint16(6) != 1:
                raise self._unset("struct")
            return Node.Struct.Reader(self._low)

        @builtins.property
        def enum(self) -> Node.Enum.Reader:
            """The group ``enum``."""
            if self._low.get_uint16(6) != 2:
                raise self._unset("enum")
            return Node.Enum.Reader(self._low)

        @builtins.property
        def interface(self) -> Node.Interface.Reader:
            """The group ``interface``."""
            if self._low.get_uint16(6) != 3:
                raise self._unset("interface")
            return Node.Interface.Reader(self._low)

        @builtins.property
        def const(self) -> Node.Const.Reader:
            """The group ``const``."""
            if self._low.get_uint16(6) != 4:
                raise self._unset("const")
            return Node.Const.Reader(self._low)

        @builtins.property
        def annotation(self) -> Node.Annotation.Reader:
            """The group ``annotation``."""
            if self._low.get_uint16(6) != 5:
                raise self._unset("annotation")
            return Node.Annotation.Reader(self._low)

        @builtins.property
        def start_byte(self) -> builtins.int:
            """``startByte :UInt32``."""
            return self._low.get_uint32(10)

        @builtins.property
        def end_byte(self) -> builtins.int:
            """``endByte :UInt32``."""
            return self._low.get_uint32(11)

        def which(self) -> Node_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Node.MEMBERS.get(self._low.get_uint16(6))

    class Builder(schema.GeneratedBuilder["Node"]):
        """Builds ``Node``."""

        __slots__ = ()

        @builtins.property
        def id(self) -> builtins.int:
            """``id :UInt64``."""
            return self._low.get_uint64(0)

        @id.setter
        def id(self, value: builtins.int) -> None:
            self._low._put_integer(_uint64, 0, value, 0)

        @builtins.property
        def display_name(self) -> builtins.str:
            """Name to present to humans to identify this Node.  You should not attempt to parse this.  Its
            format could change.  It is not guaranteed to be unique.

            (On Zooko's triangle, this is the node's nickname.)
            """
            return self._low.get_text(0) or ""

        @display_name.setter
        def display_name(self, value: builtins.str) -> None:
            self._low.set_text(0, value)

        def has_display_name(self) -> builtins.bool:
            """Return whether the pointer ``displayName`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def display_name_prefix_length(self) -> builtins.int:
            """If you want a shorter version of `displayName` (just naming this node, without its surrounding
            scope), chop off this many characters from the beginning of `displayName`.
            """
            return self._low.get_uint32(2)

        @display_name_prefix_length.setter
        def display_name_prefix_length(self, value: builtins.int) -> None:
            self._low._put_integer(_uint32, 2, value, 0)

        @builtins.property
        def scope_id(self) -> builtins.int:
            """ID of the lexical parent node.  Typically, the scope node will have a NestedNode pointing back
            at this node, but robust code should avoid relying on this (and, in fact, group nodes are not
            listed in the outer struct's nestedNodes, since they are listed in the fields).  `scopeId` is
            zero if the node has no parent, which is normally only the case with files, but should be
            allowed for any kind of node (in order to make runtime type generation easier).
            """
            return self._low.get_uint64(2)

        @scope_id.setter
        def scope_id(self, value: builtins.int) -> None:
            self._low._put_integer(_uint64, 2, value, 0)

        @builtins.property
        def parameters(self) -> schema.ItemsBuilder[Node.Parameter.Builder, Node.Parameter]:
            """If this node is parameterized (generic), the list of parameters. Empty for non-generic types."""
            return schema.StructItemsBuilder(self._low.get_struct_list(5, 0, 1), Node.Parameter)

        @parameters.setter
        def parameters(
            self,
            value: typing.Iterable[Node.Parameter | Node.Parameter.Reader | Node.Parameter.Builder],
        ) -> None:
            self._assign("parameters", value)

        def has_parameters(self) -> builtins.bool:
            """Return whether the pointer ``parameters`` is not null."""
            return not self._low.is_null(5)

        def init_parameters(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[Node.Parameter.Builder, Node.Parameter]:
            """Build a list of ``count`` zeroed items as ``parameters``."""
            return schema.StructItemsBuilder(
                self._low.init_struct_list(5, count, 0, 1),
                Node.Parameter,
            )

        @builtins.property
        def is_generic(self) -> builtins.bool:
            """True if this node is generic, meaning that it or one of its parent scopes has a non-empty
            `parameters`.
            """
            return self._low.get_bool(288)

        @is_generic.setter
        def is_generic(self, value: builtins.bool) -> None:
            self._low._put_bool(288, value, False)

        @builtins.property
        def nested_nodes(self) -> schema.ItemsBuilder[Node.NestedNode.Builder, Node.NestedNode]:
            """List of nodes nested within this node, along with the names under which they were declared."""
            return schema.StructItemsBuilder(self._low.get_struct_list(1, 1, 1), Node.NestedNode)

        @nested_nodes.setter
        def nested_nodes(
            self,
            value: typing.Iterable[
                Node.NestedNode | Node.NestedNode.Reader | Node.NestedNode.Builder
            ],
        ) -> None:
            self._assign("nested_nodes", value)

        def has_nested_nodes(self) -> builtins.bool:
            """Return whether the pointer ``nestedNodes`` is not null."""
            return not self._low.is_null(1)

        def init_nested_nodes(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[Node.NestedNode.Builder, Node.NestedNode]:
            """Build a list of ``count`` zeroed items as ``nestedNodes``."""
            return schema.StructItemsBuilder(
                self._low.init_struct_list(1, count, 1, 1),
                Node.NestedNode,
            )

        @builtins.property
        def annotations(self) -> schema.ItemsBuilder[Annotation.Builder, Annotation]:
            """Annotations applied to this node."""
            return schema.StructItemsBuilder(self._low.get_struct_list(2, 1, 2), Annotation)

        @annotations.setter
        def annotations(
            self,
            value: typing.Iterable[Annotation | Annotation.Reader | Annotation.Builder],
        ) -> None:
            self._assign("annotations", value)

        def has_annotations(self) -> builtins.bool:
            """Return whether the pointer ``annotations`` is not null."""
            return not self._low.is_null(2)

        def init_annotations(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[Annotation.Builder, Annotation]:
            """Build a list of ``count`` zeroed items as ``annotations``."""
            return schema.StructItemsBuilder(self._low.init_struct_list(2, count, 1, 2), Annotation)

        @builtins.property
        def file(self) -> None:
            """``file :Void``."""
            if self._low.get_uint16(6) != 0:
                raise self._unset("file")
            return None

        @file.setter
        def file(self, value: None) -> None:
            self._select("file", value)

        @builtins.property
        def struct(self) -> Node.Struct.Builder:
            """The group ``struct``."""
            if self._low.get_uint16(6) != 1:
                raise self._unset("struct")
            return Node.Struct.Builder(self._low)

        @struct.setter
        def struct(self, value: Node.Struct) -> None:
            self._select("struct", value)

        def init_struct(self) -> Node.Struct.Builder:
            """Set the group ``struct``, with zeroed fields."""
            self._select_blank("struct")
            return Node.Struct.Builder(self._low)

        @builtins.property
        def enum(self) -> Node.Enum.Builder:
            """The group ``enum``."""
            if self._low.get_uint16(6) != 2:
                raise self._unset("enum")
            return Node.Enum.Builder(self._low)

        @enum.setter
        def enum(self, value: Node.Enum) -> None:
            self._select("enum", value)

        def init_enum(self) -> Node.Enum.Builder:
            """Set the group ``enum``, with zeroed fields."""
            self._select_blank("enum")
            return Node.Enum.Builder(self._low)

        @builtins.property
        def interface(self) -> Node.Interface.Builder:
            """The group ``interface``."""
            if self._low.get_uint16(6) != 3:
                raise self._unset("interface")
            return Node.Interface.Builder(self._low)

        @interface.setter
        def interface(self, value: Node.Interface) -> None:
            self._select("interface", value)

        def init_interface(self) -> Node.Interface.Builder:
            """Set the group ``interface``, with zeroed fields."""
            self._select_blank("interface")
            return Node.Interface.Builder(self._low)

        @builtins.property
        def const(self) -> Node.Const.Builder:
            """The group ``const``."""
            if self._low.get_uint16(6) != 4:
                raise self._unset("const")
            return Node.Const.Builder(self._low)

        @const.setter
        def const(self, value: Node.Const) -> None:
            self._select("const", value)

        def init_const(self) -> Node.Const.Builder:
            """Set the group ``const``, with zeroed fields."""
            self._select_blank("const")
            return Node.Const.Builder(self._low)

        @builtins.property
        def annotation(self) -> Node.Annotation.Builder:
            """The group ``annotation``."""
            if self._low.get_uint16(6) != 5:
                raise self._unset("annotation")
            return Node.Annotation.Builder(self._low)

        @annotation.setter
        def annotation(self, value: Node.Annotation) -> None:
            self._select("annotation", value)

        def init_annotation(self) -> Node.Annotation.Builder:
            """Set the group ``annotation``, with zeroed fields."""
            self._select_blank("annotation")
            return Node.Annotation.Builder(self._low)

        @builtins.property
        def start_byte(self) -> builtins.int:
            """``startByte :UInt32``."""
            return self._low.get_uint32(10)

        @start_byte.setter
        def start_byte(self, value: builtins.int) -> None:
            self._low._put_integer(_uint32, 10, value, 0)

        @builtins.property
        def end_byte(self) -> builtins.int:
            """``endByte :UInt32``."""
            return self._low.get_uint32(11)

        @end_byte.setter
        def end_byte(self, value: builtins.int) -> None:
            self._low._put_integer(_uint32, 11, value, 0)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            id: builtins.int
            display_name: builtins.str
            display_name_prefix_length: builtins.int
            scope_id: builtins.int
            parameters: typing.Iterable[
                Node.Parameter | Node.Parameter.Reader | Node.Parameter.Builder
            ]
            is_generic: builtins.bool
            nested_nodes: typing.Iterable[
                Node.NestedNode | Node.NestedNode.Reader | Node.NestedNode.Builder
            ]
            annotations: typing.Iterable[Annotation | Annotation.Reader | Annotation.Builder]
            file: None
            struct: Node.Struct
            enum: Node.Enum
            interface: Node.Interface
            const: Node.Const
            annotation: Node.Annotation
            start_byte: builtins.int
            end_byte: builtins.int

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)

        def which(self) -> Node_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Node.MEMBERS.get(self._low.get_uint16(6))


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Field(schema.UnionValue):
    """Schema for a field of a struct."""

    name: builtins.str = ""
    code_order: builtins.int = 0
    annotations: builtins.list[Annotation] = dataclasses.field(default_factory=builtins.list)
    discriminant_value: builtins.int = 65535
    slot: Field.Slot | schema.UnsetType = schema.UNSET
    group: Field.Group | schema.UnsetType = schema.UNSET
    ordinal: Field.Ordinal = dataclasses.field(default_factory=lambda: Field.Ordinal())
    NO_DISCRIMINANT: typing.ClassVar[builtins.int] = 65535

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Slot(schema.StructValue):
        """A regular, non-group, non-fixed-list field."""

        offset: builtins.int = 0
        type: Type | None = None
        default_value: Value | None = None
        had_explicit_default: builtins.bool = False

        class Reader(schema.GeneratedReader["Field.Slot"]):
            """Reads ``Field.Slot``."""

            __slots__ = ()

            @builtins.property
            def offset(self) -> builtins.int:
                """Offset, in units of the field's size, from the beginning of the section in which the field
                resides.  E.g. for a UInt32 field, multiply this by 4 to get the byte offset from the
                beginning of the data section.
                """
                return self._low.get_uint32(1)

            @builtins.property
            def type(self) -> Type.Reader:
                """``type :Type``."""
                return Type.Reader(self._low.get_struct(2) or schema.NO_STRUCT)

            def has_type(self) -> builtins.bool:
                """Return whether the pointer ``type`` is not null."""
                return not self._low.is_null(2)

            @builtins.property
            def default_value(self) -> Value.Reader:
                """``defaultValue :Value``."""
                return Value.Reader(self._low.get_struct(3) or schema.NO_STRUCT)

            def has_default_value(self) -> builtins.bool:
                """Return whether the pointer ``defaultValue`` is not null."""
                return not self._low.is_null(3)

            @builtins.property
            def had_explicit_default(self) -> builtins.bool:
                """Whether the default value was specified explicitly.  Non-explicit default values are always
                zero or empty values.  Usually, whether the default value was explicit shouldn't matter.
                The main use case for this flag is for structs representing method parameters:
                explicitly-defaulted parameters may be allowed to be omitted when calling the method.
                """
                return self._low.get_bool(128)

        class Builder(schema.GeneratedBuilder["Field.Slot"]):
            """Builds ``Field.Slot``."""

            __slots__ = ()

            @builtins.property
            def offset(self) -> builtins.int:
                """Offset, in units of the field's size, from the beginning of the section in which the field
                resides.  E.g. for a UInt32 field, multiply this by 4 to get the byte offset from the
                beginning of the data section.
                """
                return self._low.get_uint32(1)

            @offset.setter
            def offset(self, value: builtins.int) -> None:
                self._low._put_integer(_uint32, 1, value, 0)

            @builtins.property
            def type(self) -> Type.Builder:
                """``type :Type``."""
                return Type.Builder(self._low.get_struct(2, 3, 1) or self._low.init_struct(2, 3, 1))

            @type.setter
            def type(self, value: Type | Type.Reader | Type.Builder | None) -> None:
                self._assign("type", value)

            def has_type(self) -> builtins.bool:
                """Return whether the pointer ``type`` is not null."""
                return not self._low.is_null(2)

            def init_type(self) -> Type.Builder:
                """Build a zeroed struct as ``type``."""
                return Type.Builder(self._low.init_struct(2, 3, 1))

            @builtins.property
            def default_value(self) -> Value.Builder:
                """``defaultValue :Value``."""
                return Value.Builder(
                    self._low.get_struct(3, 2, 1) or self._low.init_struct(3, 2, 1),
                )

            @default_value.setter
            def default_value(self, value: Value | Value.Reader | Value.Builder | None) -> None:
                self._assign("default_value", value)

            def has_default_value(self) -> builtins.bool:
                """Return whether the pointer ``defaultValue`` is not null."""
                return not self._low.is_null(3)

            def init_default_value(self) -> Value.Builder:
                """Build a zeroed struct as ``defaultValue``."""
                return Value.Builder(self._low.init_struct(3, 2, 1))

            @builtins.property
            def had_explicit_default(self) -> builtins.bool:
                """Whether the default value was specified explicitly.  Non-explicit default values are always
                zero or empty values.  Usually, whether the default value was explicit shouldn't matter.
                The main use case for this flag is for structs representing method parameters:
                explicitly-defaulted parameters may be allowed to be omitted when calling the method.
                """
                return self._low.get_bool(128)

            @had_explicit_default.setter
            def had_explicit_default(self, value: builtins.bool) -> None:
                self._low._put_bool(128, value, False)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                offset: builtins.int
                type: Type | Type.Reader | Type.Builder | None
                default_value: Value | Value.Reader | Value.Builder | None
                had_explicit_default: builtins.bool

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Group(schema.StructValue):
        """A group."""

        type_id: builtins.int = 0

        class Reader(schema.GeneratedReader["Field.Group"]):
            """Reads ``Field.Group``."""

            __slots__ = ()

            @builtins.property
            def type_id(self) -> builtins.int:
                """The ID of the group's node."""
                return self._low.get_uint64(2)

        class Builder(schema.GeneratedBuilder["Field.Group"]):
            """Builds ``Field.Group``."""

            __slots__ = ()

            @builtins.property
            def type_id(self) -> builtins.int:
                """The ID of the group's node."""
                return self._low.get_uint64(2)

            @type_id.setter
            def type_id(self, value: builtins.int) -> None:
                self._low._put_integer(_uint64, 2, value, 0)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Ordinal(schema.UnionValue):
        """The group ``Field.Ordinal``."""

        implicit: schema.UnsetType | None = schema.UNSET
        explicit: builtins.int | schema.UnsetType = schema.UNSET

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Field_Ordinal_Which]] = {
            0: "implicit",
            1: "explicit",
        }

        def which(self) -> Field_Ordinal_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Field.Ordinal.MEMBERS.get(self._member())

        class Reader(schema.GeneratedReader["Field.Ordinal"]):
            """Reads ``Field.Ordinal``."""

            __slots__ = ()

            @builtins.property
            def implicit(self) -> None:
                """``implicit :Void``."""
                if self._low.get_uint16(5) != 0:
                    raise self._unset("implicit")
                return None

            @builtins.property
            def explicit(self) -> builtins.int:
                """The original ordinal number given to the field.  You probably should NOT use this; if you need
                a numeric identifier for a field, use its position within the field array for its scope.
                The ordinal is given here mainly just so that the original schema text can be reproduced given
                the compiled version -- i.e. so that `capnp compile -ocapnp` can do its job.
                """
                if self._low.get_uint16(5) != 1:
                    raise self._unset("explicit")
                return self._low.get_uint16(6)

            def which(self) -> Field_Ordinal_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Field.Ordinal.MEMBERS.get(self._low.get_uint16(5))

        class Builder(schema.GeneratedBuilder["Field.Ordinal"]):
            """Builds ``Field.Ordinal``."""

            __slots__ = ()

            @builtins.property
            def implicit(self) -> None:
                """``implicit :Void``."""
                if self._low.get_uint16(5) != 0:
                    raise self._unset("implicit")
                return None

            @implicit.setter
            def implicit(self, value: None) -> None:
                self._select("implicit", value)

            @builtins.property
            def explicit(self) -> builtins.int:
                """The original ordinal number given to the field.  You probably should NOT use this; if you need
                a numeric identifier for a field, use its position within the field array for its scope.
                The ordinal is given here mainly just so that the original schema text can be reproduced given
                the compiled version -- i.e. so that `capnp compile -ocapnp` can do its job.
                """
                if self._low.get_uint16(5) != 1:
                    raise self._unset("explicit")
                return self._low.get_uint16(6)

            @explicit.setter
            def explicit(self, value: builtins.int) -> None:
                self._select("explicit", value)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                implicit: None
                explicit: builtins.int

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Field_Ordinal_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Field.Ordinal.MEMBERS.get(self._low.get_uint16(5))

    MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Field_Which]] = {0: "slot", 1: "group"}

    def which(self) -> Field_Which | None:
        """Return the member that is set, or ``None`` for one of a newer schema."""
        return Field.MEMBERS.get(self._member())

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Field.Builder, Field.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 3, 4, Field.Builder, Field.Reader

    class Reader(schema.GeneratedReader["Field"]):
        """Reads ``Field``."""

        __slots__ = ()

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            return self._low.get_text(0) or ""

        def has_name(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def code_order(self) -> builtins.int:
            """Indicates where this member appeared in the code, relative to other members.
            Code ordering may have semantic relevance -- programmers tend to place related fields
            together.  So, using code ordering makes sense in human-readable formats where ordering is
            otherwise irrelevant, like JSON.  The values of codeOrder are tightly-packed, so the maximum
            value is count(members) - 1.  Fields that are members of a union are only ordered relative to
            the other members of that union, so the maximum value there is count(union.members).
            """
            return self._low.get_uint16(0)

        @builtins.property
        def annotations(self) -> schema.Items[Annotation.Reader]:
            """``annotations :List(Annotation)``."""
            return schema.StructItems(self._low.get_struct_list(1), Annotation.Reader)

        def has_annotations(self) -> builtins.bool:
            """Return whether the pointer ``annotations`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def discriminant_value(self) -> builtins.int:
            """If the field is in a union, this is the value which the union's discriminant should take when
            the field is active.  If the field is not in a union, this is 0xffff.
            """
            return self._low.get_uint16(1, default=65535)

        @builtins.property
        def slot(self) -> Field.Slot.Reader:
            """A regular, non-group, non-fixed-list field."""
            if self._low.get_uint16(4) != 0:
                raise self._unset("slot")
            return Field.Slot.Reader(self._low)

        @builtins.property
        def group(self) -> Field.Group.Reader:
            """A group."""
            if self._low.get_uint16(4) != 1:
                raise self._unset("group")
            return Field.Group.Reader(self._low)

        @builtins.property
        def ordinal(self) -> Field.Ordinal.Reader:
            """The group ``ordinal``."""
            return Field.Ordinal.Reader(self._low)

        def which(self) -> Field_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Field.MEMBERS.get(self._low.get_uint16(4))

    class Builder(schema.GeneratedBuilder["Field"]):
        """Builds ``Field``."""

        __slots__ = ()

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            return self._low.get_text(0) or ""

        @name.setter
        def name(self, value: builtins.str) -> None:
            self._low.set_text(0, value)

        def has_name(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def code_order(self) -> builtins.int:
            """Indicates where this member appeared in the code, relative to other members.
            Code ordering may have semantic relevance -- programmers tend to place related fields
            together.  So, using code ordering makes sense in human-readable formats where ordering is
            otherwise irrelevant, like JSON.  The values of codeOrder are tightly-packed, so the maximum
            value is count(members) - 1.  Fields that are members of a union are only ordered relative to
            the other members of that union, so the maximum value there is count(union.members).
            """
            return self._low.get_uint16(0)

        @code_order.setter
        def code_order(self, value: builtins.int) -> None:
            self._low._put_integer(_uint16, 0, value, 0)

        @builtins.property
        def annotations(self) -> schema.ItemsBuilder[Annotation.Builder, Annotation]:
            """``annotations :List(Annotation)``."""
            return schema.StructItemsBuilder(self._low.get_struct_list(1, 1, 2), Annotation)

        @annotations.setter
        def annotations(
            self,
            value: typing.Iterable[Annotation | Annotation.Reader | Annotation.Builder],
        ) -> None:
            self._assign("annotations", value)

        def has_annotations(self) -> builtins.bool:
            """Return whether the pointer ``annotations`` is not null."""
            return not self._low.is_null(1)

        def init_annotations(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[Annotation.Builder, Annotation]:
            """Build a list of ``count`` zeroed items as ``annotations``."""
            return schema.StructItemsBuilder(self._low.init_struct_list(1, count, 1, 2), Annotation)

        @builtins.property
        def discriminant_value(self) -> builtins.int:
            """If the field is in a union, this is the value which the union's discriminant should take when
            the field is active.  If the field is not in a union, this is 0xffff.
            """
            return self._low.get_uint16(1, default=65535)

        @discriminant_value.setter
        def discriminant_value(self, value: builtins.int) -> None:
            self._low._put_integer(_uint16, 1, value, 65535)

        @builtins.property
        def slot(self) -> Field.Slot.Builder:
            """A regular, non-group, non-fixed-list field."""
            if self._low.get_uint16(4) != 0:
                raise self._unset("slot")
            return Field.Slot.Builder(self._low)

        @slot.setter
        def slot(self, value: Field.Slot) -> None:
            self._select("slot", value)

        def init_slot(self) -> Field.Slot.Builder:
            """Set the group ``slot``, with zeroed fields."""
            self._select_blank("slot")
            return Field.Slot.Builder(self._low)

        @builtins.property
        def group(self) -> Field.Group.Builder:
            """A group."""
            if self._low.get_uint16(4) != 1:
                raise self._unset("group")
            return Field.Group.Builder(self._low)

        @group.setter
        def group(self, value: Field.Group) -> None:
            self._select("group", value)

        def init_group(self) -> Field.Group.Builder:
            """Set the group ``group``, with zeroed fields."""
            self._select_blank("group")
            return Field.Group.Builder(self._low)

        @builtins.property
        def ordinal(self) -> Field.Ordinal.Builder:
            """The group ``ordinal``."""
            return Field.Ordinal.Builder(self._low)

        @ordinal.setter
        def ordinal(self, value: Field.Ordinal) -> None:
            Field.Ordinal.Builder(self._low).set(value)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            name: builtins.str
            code_order: builtins.int
            annotations: typing.Iterable[Annotation | Annotation.Reader | Annotation.Builder]
            discriminant_value: builtins.int
            slot: Field.Slot
            group: Field.Group
            ordinal: Field.Ordinal

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)

        def which(self) -> Field_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Field.MEMBERS.get(self._low.get_uint16(4))


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Enumerant(schema.StructValue):
    """Schema for member of an enum."""

    name: builtins.str = ""
    code_order: builtins.int = 0
    annotations: builtins.list[Annotation] = dataclasses.field(default_factory=builtins.list)

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Enumerant.Builder, Enumerant.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 2, Enumerant.Builder, Enumerant.Reader

    class Reader(schema.GeneratedReader["Enumerant"]):
        """Reads ``Enumerant``."""

        __slots__ = ()

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            return self._low.get_text(0) or ""

        def has_name(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def code_order(self) -> builtins.int:
            """Specifies order in which the enumerants were declared in the code.
            Like Struct.Field.codeOrder.
            """
            return self._low.get_uint16(0)

        @builtins.property
        def annotations(self) -> schema.Items[Annotation.Reader]:
            """``annotations :List(Annotation)``."""
            return schema.StructItems(self._low.get_struct_list(1), Annotation.Reader)

        def has_annotations(self) -> builtins.bool:
            """Return whether the pointer ``annotations`` is not null."""
            return not self._low.is_null(1)

    class Builder(schema.GeneratedBuilder["Enumerant"]):
        """Builds ``Enumerant``."""

        __slots__ = ()

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            return self._low.get_text(0) or ""

        @name.setter
        def name(self, value: builtins.str) -> None:
            self._low.set_text(0, value)

        def has_name(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def code_order(self) -> builtins.int:
            """Specifies order in which the enumerants were declared in the code.
            Like Struct.Field.codeOrder.
            """
            return self._low.get_uint16(0)

        @code_order.setter
        def code_order(self, value: builtins.int) -> None:
            self._low._put_integer(_uint16, 0, value, 0)

        @builtins.property
        def annotations(self) -> schema.ItemsBuilder[Annotation.Builder, Annotation]:
            """``annotations :List(Annotation)``."""
            return schema.StructItemsBuilder(self._low.get_struct_list(1, 1, 2), Annotation)

        @annotations.setter
        def annotations(
            self,
            value: typing.Iterable[Annotation | Annotation.Reader | Annotation.Builder],
        ) -> None:
            self._assign("annotations", value)

        def has_annotations(self) -> builtins.bool:
            """Return whether the pointer ``annotations`` is not null."""
            return not self._low.is_null(1)

        def init_annotations(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[Annotation.Builder, Annotation]:
            """Build a list of ``count`` zeroed items as ``annotations``."""
            return schema.StructItemsBuilder(self._low.init_struct_list(1, count, 1, 2), Annotation)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            name: builtins.str
            code_order: builtins.int
            annotations: typing.Iterable[Annotation | Annotation.Reader | Annotation.Builder]

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Superclass(schema.StructValue):
    """The struct ``Superclass``."""

    id: builtins.int = 0
    brand: Brand | None = None

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Superclass.Builder, Superclass.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 1, Superclass.Builder, Superclass.Reader

    class Reader(schema.GeneratedReader["Superclass"]):
        """Reads ``Superclass``."""

        __slots__ = ()

        @builtins.property
        def id(self) -> builtins.int:
            """``id :UInt64``."""
            return self._low.get_uint64(0)

        @builtins.property
        def brand(self) -> Brand.Reader:
            """``brand :Brand``."""
            return Brand.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

        def has_brand(self) -> builtins.bool:
            """Return whether the pointer ``brand`` is not null."""
            return not self._low.is_null(0)

    class Builder(schema.GeneratedBuilder["Superclass"]):
        """Builds ``Superclass``."""

        __slots__ = ()

        @builtins.property
        def id(self) -> builtins.int:
            """``id :UInt64``."""
            return self._low.get_uint64(0)

        @id.setter
        def id(self, value: builtins.int) -> None:
            self._low._put_integer(_uint64, 0, value, 0)

        @builtins.property
        def brand(self) -> Brand.Builder:
            """``brand :Brand``."""
            return Brand.Builder(self._low.get_struct(0, 0, 1) or self._low.init_struct(0, 0, 1))

        @brand.setter
        def brand(self, value: Brand | Brand.Reader | Brand.Builder | None) -> None:
            self._assign("brand", value)

        def has_brand(self) -> builtins.bool:
            """Return whether the pointer ``brand`` is not null."""
            return not self._low.is_null(0)

        def init_brand(self) -> Brand.Builder:
            """Build a zeroed struct as ``brand``."""
            return Brand.Builder(self._low.init_struct(0, 0, 1))

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            id: builtins.int
            brand: Brand | Brand.Reader | Brand.Builder | None

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Method(schema.StructValue):
    """Schema for method of an interface."""

    name: builtins.str = ""
    code_order: builtins.int = 0
    implicit_parameters: builtins.list[Node.Parameter] = dataclasses.field(
        default_factory=builtins.list,
    )
    param_struct_type: builtins.int = 0
    param_brand: Brand | None = None
    result_struct_type: builtins.int = 0
    result_brand: Brand | None = None
    annotations: builtins.list[Annotation] = dataclasses.field(default_factory=builtins.list)

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Method.Builder, Method.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 3, 5, Method.Builder, Method.Reader

    class Reader(schema.GeneratedReader["Method"]):
        """Reads ``Method``."""

        __slots__ = ()

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            return self._low.get_text(0) or ""

        def has_name(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def code_order(self) -> builtins.int:
            """Specifies order in which the methods were declared in the code.
            Like Struct.Field.codeOrder.
            """
            return self._low.get_uint16(0)

        @builtins.property
        def implicit_parameters(self) -> schema.Items[Node.Parameter.Reader]:
            """The parameters listed in [] (typically, type / generic parameters), whose bindings are intended
            to be inferred rather than specified explicitly, although not all languages support this.
            """
            return schema.StructItems(self._low.get_struct_list(4), Node.Parameter.Reader)

        def has_implicit_parameters(self) -> builtins.bool:
            """Return whether the pointer ``implicitParameters`` is not null."""
            return not self._low.is_null(4)

        @builtins.property
        def param_struct_type(self) -> builtins.int:
            """ID of the parameter struct type.  If a named parameter list was specified in the method
            declaration (rather than a single struct parameter type) then a corresponding struct type is
            auto-generated.  Such an auto-generated type will not be listed in the interface's
            `nestedNodes` and its `scopeId` will be zero -- it is completely detached from the namespace.
            (Awkwardly, it does of course inherit generic parameters from the method's scope, which makes
            this a situation where you can't just climb the scope chain to find where a particular
            generic parameter was introduced. Making the `scopeId` zero was a mistake.)
            """
            return self._low.get_uint64(1)

        @builtins.property
        def param_brand(self) -> Brand.Reader:
            """Brand of param struct type."""
            return Brand.Reader(self._low.get_struct(2) or schema.NO_STRUCT)

        def has_param_brand(self) -> builtins.bool:
            """Return whether the pointer ``paramBrand`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def result_struct_type(self) -> builtins.int:
            """ID of the return struct type; similar to `paramStructType`."""
            return self._low.get_uint64(2)

        @builtins.property
        def result_brand(self) -> Brand.Reader:
            """Brand of result struct type."""
            return Brand.Reader(self._low.get_struct(3) or schema.NO_STRUCT)

        def has_result_brand(self) -> builtins.bool:
            """Return whether the pointer ``resultBrand`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def annotations(self) -> schema.Items[Annotation.Reader]:
            """``annotations :List(Annotation)``."""
            return schema.StructItems(self._low.get_struct_list(1), Annotation.Reader)

        def has_annotations(self) -> builtins.bool:
            """Return whether the pointer ``annotations`` is not null."""
            return not self._low.is_null(1)

    class Builder(schema.GeneratedBuilder["Method"]):
        """Builds ``Method``."""

        __slots__ = ()

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            return self._low.get_text(0) or ""

        @name.setter
        def name(self, value: builtins.str) -> None:
            self._low.set_text(0, value)

        def has_name(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def code_order(self) -> builtins.int:
            """Specifies order in which the methods were declared in the code.
            Like Struct.Field.codeOrder.
            """
            return self._low.get_uint16(0)

        @code_order.setter
        def code_order(self, value: builtins.int) -> None:
            self._low._put_integer(_uint16, 0, value, 0)

        @builtins.property
        def implicit_parameters(
            self,
        ) -> schema.ItemsBuilder[Node.Parameter.Builder, Node.Parameter]:
            """The parameters listed in [] (typically, type / generic parameters), whose bindings are intended
            to be inferred rather than specified explicitly, although not all languages support this.
            """
            return schema.StructItemsBuilder(self._low.get_struct_list(4, 0, 1), Node.Parameter)

        @implicit_parameters.setter
        def implicit_parameters(
            self,
            value: typing.Iterable[Node.Parameter | Node.Parameter.Reader | Node.Parameter.Builder],
        ) -> None:
            self._assign("implicit_parameters", value)

        def has_implicit_parameters(self) -> builtins.bool:
            """Return whether the pointer ``implicitParameters`` is not null."""
            return not self._low.is_null(4)

        def init_implicit_parameters(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[Node.Parameter.Builder, Node.Parameter]:
            """Build a list of ``count`` zeroed items as ``implicitParameters``."""
            return schema.StructItemsBuilder(
                self._low.init_struct_list(4, count, 0, 1),
                Node.Parameter,
            )

        @builtins.property
        def param_struct_type(self) -> builtins.int:
            """ID of the parameter struct type.  If a named parameter list was specified in the method
            declaration (rather than a single struct parameter type) then a corresponding struct type is
            auto-generated.  Such an auto-generated type will not be listed in the interface's
            `nestedNodes` and its `scopeId` will be zero -- it is completely detached from the namespace.
            (Awkwardly, it does of course inherit generic parameters from the method's scope, which makes
            this a situation where you can't just climb the scope chain to find where a particular
            generic parameter was introduced. Making the `scopeId` zero was a mistake.)
            """
            return self._low.get_uint64(1)

        @param_struct_type.setter
        def param_struct_type(self, value: builtins.int) -> None:
            self._low._put_integer(_uint64, 1, value, 0)

        @builtins.property
        def param_brand(self) -> Brand.Builder:
            """Brand of param struct type."""
            return Brand.Builder(self._low.get_struct(2, 0, 1) or self._low.init_struct(2, 0, 1))

        @param_brand.setter
        def param_brand(self, value: Brand | Brand.Reader | Brand.Builder | None) -> None:
            self._assign("param_brand", value)

        def has_param_brand(self) -> builtins.bool:
            """Return whether the pointer ``paramBrand`` is not null."""
            return not self._low.is_null(2)

        def init_param_brand(self) -> Brand.Builder:
            """Build a zeroed struct as ``paramBrand``."""
            return Brand.Builder(self._low.init_struct(2, 0, 1))

        @builtins.property
        def result_struct_type(self) -> builtins.int:
            """ID of the return struct type; similar to `paramStructType`."""
            return self._low.get_uint64(2)

        @result_struct_type.setter
        def result_struct_type(self, value: builtins.int) -> None:
            self._low._put_integer(_uint64, 2, value, 0)

        @builtins.property
        def result_brand(self) -> Brand.Builder:
            """Brand of result struct type."""
            return Brand.Builder(self._low.get_struct(3, 0, 1) or self._low.init_struct(3, 0, 1))

        @result_brand.setter
        def result_brand(self, value: Brand | Brand.Reader | Brand.Builder | None) -> None:
            self._assign("result_brand", value)

        def has_result_brand(self) -> builtins.bool:
            """Return whether the pointer ``resultBrand`` is not null."""
            return not self._low.is_null(3)

        def init_result_brand(self) -> Brand.Builder:
            """Build a zeroed struct as ``resultBrand``."""
            return Brand.Builder(self._low.init_struct(3, 0, 1))

        @builtins.property
        def annotations(self) -> schema.ItemsBuilder[Annotation.Builder, Annotation]:
            """``annotations :List(Annotation)``."""
            return schema.StructItemsBuilder(self._low.get_struct_list(1, 1, 2), Annotation)

        @annotations.setter
        def annotations(
            self,
            value: typing.Iterable[Annotation | Annotation.Reader | Annotation.Builder],
        ) -> None:
            self._assign("annotations", value)

        def has_annotations(self) -> builtins.bool:
            """Return whether the pointer ``annotations`` is not null."""
            return not self._low.is_null(1)

        def init_annotations(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[Annotation.Builder, Annotation]:
            """Build a list of ``count`` zeroed items as ``annotations``."""
            return schema.StructItemsBuilder(self._low.init_struct_list(1, count, 1, 2), Annotation)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            name: builtins.str
            code_order: builtins.int
            implicit_parameters: typing.Iterable[
                Node.Parameter | Node.Parameter.Reader | Node.Parameter.Builder
            ]
            param_struct_type: builtins.int
            param_brand: Brand | Brand.Reader | Brand.Builder | None
            result_struct_type: builtins.int
            result_brand: Brand | Brand.Reader | Brand.Builder | None
            annotations: typing.Iterable[Annotation | Annotation.Reader | Annotation.Builder]

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Type(schema.UnionValue):
    """Represents a type expression."""

    void: schema.UnsetType | None = schema.UNSET
    bool: schema.UnsetType | None = schema.UNSET
    int8: schema.UnsetType | None = schema.UNSET
    int16: schema.UnsetType | None = schema.UNSET
    int32: schema.UnsetType | None = schema.UNSET
    int64: schema.UnsetType | None = schema.UNSET
    uint8: schema.UnsetType | None = schema.UNSET
    uint16: schema.UnsetType | None = schema.UNSET
    uint32: schema.UnsetType | None = schema.UNSET
    uint64: schema.UnsetType | None = schema.UNSET
    float32: schema.UnsetType | None = schema.UNSET
    float64: schema.UnsetType | None = schema.UNSET
    text: schema.UnsetType | None = schema.UNSET
    data: schema.UnsetType | None = schema.UNSET
    list: Type.List | schema.UnsetType = schema.UNSET
    enum: Type.Enum | schema.UnsetType = schema.UNSET
    struct: Type.Struct | schema.UnsetType = schema.UNSET
    interface: Type.Interface | schema.UnsetType = schema.UNSET
    any_pointer: Type.AnyPointer | schema.UnsetType = schema.UNSET

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class List(schema.StructValue):
        """The group ``Type.List``."""

        element_type: Type | None = None

        class Reader(schema.GeneratedReader["Type.List"]):
            """Reads ``Type.List``."""

            __slots__ = ()

            @builtins.property
            def element_type(self) -> Type.Reader:
                """``elementType :Type``."""
                return Type.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

            def has_element_type(self) -> builtins.bool:
                """Return whether the pointer ``elementType`` is not null."""
                return not self._low.is_null(0)

        class Builder(schema.GeneratedBuilder["Type.List"]):
            """Builds ``Type.List``."""

            __slots__ = ()

            @builtins.property
            def element_type(self) -> Type.Builder:
                """``elementType :Type``."""
                return Type.Builder(self._low.get_struct(0, 3, 1) or self._low.init_struct(0, 3, 1))

            @element_type.setter
            def element_type(self, value: Type | Type.Reader | Type.Builder | None) -> None:
                self._assign("element_type", value)

            def has_element_type(self) -> builtins.bool:
                """Return whether the pointer ``elementType`` is not null."""
                return not self._low.is_null(0)

            def init_element_type(self) -> Type.Builder:
                """Build a zeroed struct as ``elementType``."""
                return Type.Builder(self._low.init_struct(0, 3, 1))

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Enum(schema.StructValue):
        """The group ``Type.Enum``."""

        type_id: builtins.int = 0
        brand: Brand | None = None

        class Reader(schema.GeneratedReader["Type.Enum"]):
            """Reads ``Type.Enum``."""

            __slots__ = ()

            @builtins.property
            def type_id(self) -> builtins.int:
                """``typeId :UInt64``."""
                return self._low.get_uint64(1)

            @builtins.property
            def brand(self) -> Brand.Reader:
                """``brand :Brand``."""
                return Brand.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

            def has_brand(self) -> builtins.bool:
                """Return whether the pointer ``brand`` is not null."""
                return not self._low.is_null(0)

        class Builder(schema.GeneratedBuilder["Type.Enum"]):
            """Builds ``Type.Enum``."""

            __slots__ = ()

            @builtins.property
            def type_id(self) -> builtins.int:
                """``typeId :UInt64``."""
                return self._low.get_uint64(1)

            @type_id.setter
            def type_id(self, value: builtins.int) -> None:
                self._low._put_integer(_uint64, 1, value, 0)

            @builtins.property
            def brand(self) -> Brand.Builder:
                """``brand :Brand``."""
                return Brand.Builder(
                    self._low.get_struct(0, 0, 1) or self._low.init_struct(0, 0, 1),
                )

            @brand.setter
            def brand(self, value: Brand | Brand.Reader | Brand.Builder | None) -> None:
                self._assign("brand", value)

            def has_brand(self) -> builtins.bool:
                """Return whether the pointer ``brand`` is not null."""
                return not self._low.is_null(0)

            def init_brand(self) -> Brand.Builder:
                """Build a zeroed struct as ``brand``."""
                return Brand.Builder(self._low.init_struct(0, 0, 1))

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                type_id: builtins.int
                brand: Brand | Brand.Reader | Brand.Builder | None

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Struct(schema.StructValue):
        """The group ``Type.Struct``."""

        type_id: builtins.int = 0
        brand: Brand | None = None

        class Reader(schema.GeneratedReader["Type.Struct"]):
            """Reads ``Type.Struct``."""

            __slots__ = ()

            @builtins.property
            def type_id(self) -> builtins.int:
                """``typeId :UInt64``."""
                return self._low.get_uint64(1)

            @builtins.property
            def brand(self) -> Brand.Reader:
                """``brand :Brand``."""
                return Brand.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

            def has_brand(self) -> builtins.bool:
                """Return whether the pointer ``brand`` is not null."""
                return not self._low.is_null(0)

        class Builder(schema.GeneratedBuilder["Type.Struct"]):
            """Builds ``Type.Struct``."""

            __slots__ = ()

            @builtins.property
            def type_id(self) -> builtins.int:
                """``typeId :UInt64``."""
                return self._low.get_uint64(1)

            @type_id.setter
            def type_id(self, value: builtins.int) -> None:
                self._low._put_integer(_uint64, 1, value, 0)

            @builtins.property
            def brand(self) -> Brand.Builder:
                """``brand :Brand``."""
                return Brand.Builder(
                    self._low.get_struct(0, 0, 1) or self._low.init_struct(0, 0, 1),
                )

            @brand.setter
            def brand(self, value: Brand | Brand.Reader | Brand.Builder | None) -> None:
                self._assign("brand", value)

            def has_brand(self) -> builtins.bool:
                """Return whether the pointer ``brand`` is not null."""
                return not self._low.is_null(0)

            def init_brand(self) -> Brand.Builder:
                """Build a zeroed struct as ``brand``."""
                return Brand.Builder(self._low.init_struct(0, 0, 1))

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                type_id: builtins.int
                brand: Brand | Brand.Reader | Brand.Builder | None

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Interface(schema.StructValue):
        """The group ``Type.Interface``."""

        type_id: builtins.int = 0
        brand: Brand | None = None

        class Reader(schema.GeneratedReader["Type.Interface"]):
            """Reads ``Type.Interface``."""

            __slots__ = ()

            @builtins.property
            def type_id(self) -> builtins.int:
                """``typeId :UInt64``."""
                return self._low.get_uint64(1)

            @builtins.property
            def brand(self) -> Brand.Reader:
                """``brand :Brand``."""
                return Brand.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

            def has_brand(self) -> builtins.bool:
                """Return whether the pointer ``brand`` is not null."""
                return not self._low.is_null(0)

        class Builder(schema.GeneratedBuilder["Type.Interface"]):
            """Builds ``Type.Interface``."""

            __slots__ = ()

            @builtins.property
            def type_id(self) -> builtins.int:
                """``typeId :UInt64``."""
                return self._low.get_uint64(1)

            @type_id.setter
            def type_id(self, value: builtins.int) -> None:
                self._low._put_integer(_uint64, 1, value, 0)

            @builtins.property
            def brand(self) -> Brand.Builder:
                """``brand :Brand``."""
                return Brand.Builder(
                    self._low.get_struct(0, 0, 1) or self._low.init_struct(0, 0, 1),
                )

            @brand.setter
            def brand(self, value: Brand | Brand.Reader | Brand.Builder | None) -> None:
                self._assign("brand", value)

            def has_brand(self) -> builtins.bool:
                """Return whether the pointer ``brand`` is not null."""
                return not self._low.is_null(0)

            def init_brand(self) -> Brand.Builder:
                """Build a zeroed struct as ``brand``."""
                return Brand.Builder(self._low.init_struct(0, 0, 1))

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                type_id: builtins.int
                brand: Brand | Brand.Reader | Brand.Builder | None

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class AnyPointer(schema.UnionValue):
        """The group ``Type.AnyPointer``."""

        unconstrained: Type.AnyPointer.Unconstrained | schema.UnsetType = schema.UNSET
        parameter: Type.AnyPointer.Parameter | schema.UnsetType = schema.UNSET
        implicit_method_parameter: Type.AnyPointer.ImplicitMethodParameter | schema.UnsetType = (
            schema.UNSET
        )

        @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
        class Unconstrained(schema.UnionValue):
            """A regular AnyPointer.

            The name "unconstrained" means as opposed to constraining it to match a type parameter.
            In retrospect this name is probably a poor choice given that it may still be constrained
            to be a struct, list, or capability.
            """

            any_kind: schema.UnsetType | None = schema.UNSET
            struct: schema.UnsetType | None = schema.UNSET
            list: schema.UnsetType | None = schema.UNSET
            capability: schema.UnsetType | None = schema.UNSET

            MEMBERS: typing.ClassVar[
                builtins.dict[builtins.int, Type_AnyPointer_Unconstrained_Which]
            ] = {0: "any_kind", 1: "struct", 2: "list", 3: "capability"}

            def which(self) -> Type_AnyPointer_Unconstrained_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Type.AnyPointer.Unconstrained.MEMBERS.get(self._member())

            class Reader(schema.GeneratedReader["Type.AnyPointer.Unconstrained"]):
                """Reads ``Type.AnyPointer.Unconstrained``."""

                __slots__ = ()

                @builtins.property
                def any_kind(self) -> None:
                    """truly AnyPointer"""
                    if self._low.get_uint16(5) != 0:
                        raise self._unset("any_kind")
                    return None

                @builtins.property
                def struct(self) -> None:
                    """AnyStruct"""
                    if self._low.get_uint16(5) != 1:
                        raise self._unset("struct")
                    return None

                @builtins.property
                def list(self) -> None:
                    """AnyList"""
                    if self._low.get_uint16(5) != 2:
                        raise self._unset("list")
                    return None

                @builtins.property
                def capability(self) -> None:
                    """Capability"""
                    if self._low.get_uint16(5) != 3:
                        raise self._unset("capability")
                    return None

                def which(self) -> Type_AnyPointer_Unconstrained_Which | None:
                    """Return the member that is set, or ``None`` for one of a newer schema."""
                    return Type.AnyPointer.Unconstrained.MEMBERS.get(self._low.get_uint16(5))

            class Builder(schema.GeneratedBuilder["Type.AnyPointer.Unconstrained"]):
                """Builds ``Type.AnyPointer.Unconstrained``."""

                __slots__ = ()

                @builtins.property
                def any_kind(self) -> None:
                    """truly AnyPointer"""
                    if self._low.get_uint16(5) != 0:
                        raise self._unset("any_kind")
                    return None

                @any_kind.setter
                def any_kind(self, value: None) -> None:
                    self._select("any_kind", value)

                @builtins.property
                def struct(self) -> None:
                    """AnyStruct"""
                    if self._low.get_uint16(5) != 1:
                        raise self._unset("struct")
                    return None

                @struct.setter
                def struct(self, value: None) -> None:
                    self._select("struct", value)

                @builtins.property
                def list(self) -> None:
                    """AnyList"""
                    if self._low.get_uint16(5) != 2:
                        raise self._unset("list")
                    return None

                @list.setter
                def list(self, value: None) -> None:
                    self._select("list", value)

                @builtins.property
                def capability(self) -> None:
                    """Capability"""
                    if self._low.get_uint16(5) != 3:
                        raise self._unset("capability")
                    return None

                @capability.setter
                def capability(self, value: None) -> None:
                    self._select("capability", value)

                class _Fields(typing.TypedDict, total=False):
                    """The fields that ``update`` takes."""

                    any_kind: None
                    struct: None
                    list: None
                    capability: None

                def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                    """Set several fields in one step, all or nothing."""
                    self._update(fields)

                def which(self) -> Type_AnyPointer_Unconstrained_Which | None:
                    """Return the member that is set, or ``None`` for one of a newer schema."""
                    return Type.AnyPointer.Unconstrained.MEMBERS.get(self._low.get_uint16(5))

        @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
        class Parameter(schema.StructValue):
            """This is actually a reference to a type parameter defined within this scope."""

            scope_id: builtins.int = 0
            parameter_index: builtins.int = 0

            class Reader(schema.GeneratedReader["Type.AnyPointer.Parameter"]):
                """Reads ``Type.AnyPointer.Parameter``."""

                __slots__ = ()

                @builtins.property
                def scope_id(self) -> builtins.int:
                    """ID of the generic type whose parameter we're referencing. This is always either the
                    current scope's type ID or one of its ancestors' IDs.
                    """
                    return self._low.get_uint64(2)

                @builtins.property
                def parameter_index(self) -> builtins.int:
                    """Index of the parameter within the generic type's parameter list."""
                    return self._low.get_uint16(5)

            class Builder(schema.GeneratedBuilder["Type.AnyPointer.Parameter"]):
                """Builds ``Type.AnyPointer.Parameter``."""

                __slots__ = ()

                @builtins.property
                def scope_id(self) -> builtins.int:
                    """ID of the generic type whose parameter we're referencing. This is always either the
                    current scope's type ID or one of its ancestors' IDs.
                    """
                    return self._low.get_uint64(2)

                @scope_id.setter
                def scope_id(self, value: builtins.int) -> None:
                    self._low._put_integer(_uint64, 2, value, 0)

                @builtins.property
                def parameter_index(self) -> builtins.int:
                    """Index of the parameter within the generic type's parameter list."""
                    return self._low.get_uint16(5)

                @parameter_index.setter
                def parameter_index(self, value: builtins.int) -> None:
                    self._low._put_integer(_uint16, 5, value, 0)

                class _Fields(typing.TypedDict, total=False):
                    """The fields that ``update`` takes."""

                    scope_id: builtins.int
                    parameter_index: builtins.int

                def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                    """Set several fields in one step, all or nothing."""
                    self._update(fields)

        @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
        class ImplicitMethodParameter(schema.StructValue):
            """This is actually a reference to an implicit (generic) parameter of a method. The only
            legal context for this type to appear is inside Method.paramBrand or Method.resultBrand.
            """

            parameter_index: builtins.int = 0

            class Reader(schema.GeneratedReader["Type.AnyPointer.ImplicitMethodParameter"]):
                """Reads ``Type.AnyPointer.ImplicitMethodParameter``."""

                __slots__ = ()

                @builtins.property
                def parameter_index(self) -> builtins.int:
                    """``parameterIndex :UInt16``."""
                    return self._low.get_uint16(5)

            class Builder(schema.GeneratedBuilder["Type.AnyPointer.ImplicitMethodParameter"]):
                """Builds ``Type.AnyPointer.ImplicitMethodParameter``."""

                __slots__ = ()

                @builtins.property
                def parameter_index(self) -> builtins.int:
                    """``parameterIndex :UInt16``."""
                    return self._low.get_uint16(5)

                @parameter_index.setter
                def parameter_index(self, value: builtins.int) -> None:
                    self._low._put_integer(_uint16, 5, value, 0)

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Type_AnyPointer_Which]] = {
            0: "unconstrained",
            1: "parameter",
            2: "implicit_method_parameter",
        }

        def which(self) -> Type_AnyPointer_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Type.AnyPointer.MEMBERS.get(self._member())

        class Reader(schema.GeneratedReader["Type.AnyPointer"]):
            """Reads ``Type.AnyPointer``."""

            __slots__ = ()

            @builtins.property
            def unconstrained(self) -> Type.AnyPointer.Unconstrained.Reader:
                """A regular AnyPointer.

                The name "unconstrained" means as opposed to constraining it to match a type parameter.
                In retrospect this name is probably a poor choice given that it may still be constrained
                to be a struct, list, or capability.
                """
                if self._low.get_uint16(4) != 0:
                    raise self._unset("unconstrained")
                return Type.AnyPointer.Unconstrained.Reader(self._low)

            @builtins.property
            def parameter(self) -> Type.AnyPointer.Parameter.Reader:
                """This is actually a reference to a type parameter defined within this scope."""
                if self._low.get_uint16(4) != 1:
                    raise self._unset("parameter")
                return Type.AnyPointer.Parameter.Reader(self._low)

            @builtins.property
            def implicit_method_parameter(self) -> Type.AnyPointer.ImplicitMethodParameter.Reader:
                """This is actually a reference to an implicit (generic) parameter of a method. The only
                legal context for this type to appear is inside Method.paramBrand or Method.resultBrand.
                """
                if self._low.get_uint16(4) != 2:
                    raise self._unset("implicit_method_parameter")
                return Type.AnyPointer.ImplicitMethodParameter.Reader(self._low)

            def which(self) -> Type_AnyPointer_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Type.AnyPointer.MEMBERS.get(self._low.get_uint16(4))

        class Builder(schema.GeneratedBuilder["Type.AnyPointer"]):
            """Builds ``Type.AnyPointer``."""

            __slots__ = ()

            @builtins.property
            def unconstrained(self) -> Type.AnyPointer.Unconstrained.Builder:
                """A regular AnyPointer.

                The name "unconstrained" means as opposed to constraining it to match a type parameter.
                In retrospect this name is probably a poor choice given that it may still be constrained
                to be a struct, list, or capability.
                """
                if self._low.get_uint16(4) != 0:
                    raise self._unset("unconstrained")
                return Type.AnyPointer.Unconstrained.Builder(self._low)

            @unconstrained.setter
            def unconstrained(self, value: Type.AnyPointer.Unconstrained) -> None:
                self._select("unconstrained", value)

            def init_unconstrained(self) -> Type.AnyPointer.Unconstrained.Builder:
                """Set the group ``unconstrained``, with zeroed fields."""
                self._select_blank("unconstrained")
                return Type.AnyPointer.Unconstrained.Builder(self._low)

            @builtins.property
            def parameter(self) -> Type.AnyPointer.Parameter.Builder:
                """This is actually a reference to a type parameter defined within this scope."""
                if self._low.get_uint16(4) != 1:
                    raise self._unset("parameter")
                return Type.AnyPointer.Parameter.Builder(self._low)

            @parameter.setter
            def parameter(self, value: Type.AnyPointer.Parameter) -> None:
                self._select("parameter", value)

            def init_parameter(self) -> Type.AnyPointer.Parameter.Builder:
                """Set the group ``parameter``, with zeroed fields."""
                self._select_blank("parameter")
                return Type.AnyPointer.Parameter.Builder(self._low)

            @builtins.property
            def implicit_method_parameter(self) -> Type.AnyPointer.ImplicitMethodParameter.Builder:
                """This is actually a reference to an implicit (generic) parameter of a method. The only
                legal context for this type to appear is inside Method.paramBrand or Method.resultBrand.
                """
                if self._low.get_uint16(4) != 2:
                    raise self._unset("implicit_method_parameter")
                return Type.AnyPointer.ImplicitMethodParameter.Builder(self._low)

            @implicit_method_parameter.setter
            def implicit_method_parameter(
                self,
                value: Type.AnyPointer.ImplicitMethodParameter,
            ) -> None:
                self._select("implicit_method_parameter", value)

            def init_implicit_method_parameter(
                self,
            ) -> Type.AnyPointer.ImplicitMethodParameter.Builder:
                """Set the group ``implicitMethodParameter``, with zeroed fields."""
                self._select_blank("implicit_method_parameter")
                return Type.AnyPointer.ImplicitMethodParameter.Builder(self._low)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                unconstrained: Type.AnyPointer.Unconstrained
                parameter: Type.AnyPointer.Parameter
                implicit_method_parameter: Type.AnyPointer.ImplicitMethodParameter

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Type_AnyPointer_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Type.AnyPointer.MEMBERS.get(self._low.get_uint16(4))

    MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Type_Which]] = {
        0: "void",
        1: "bool",
        2: "int8",
        3: "int16",
        4: "int32",
        5: "int64",
        6: "uint8",
        7: "uint16",
        8: "uint32",
        9: "uint64",
        10: "float32",
        11: "float64",
        12: "text",
        13: "data",
        14: "list",
        15: "enum",
        16: "struct",
        17: "interface",
        18: "any_pointer",
    }

    def which(self) -> Type_Which | None:
        """Return the member that is set, or ``None`` for one of a newer schema."""
        return Type.MEMBERS.get(self._member())

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Type.Builder, Type.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 3, 1, Type.Builder, Type.Reader

    class Reader(schema.GeneratedReader["Type"]):
        """Reads ``Type``."""

        __slots__ = ()

        @builtins.property
        def void(self) -> None:
            """``void :Void``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("void")
            return None

        @builtins.property
        def bool(self) -> None:
            """``bool :Void``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("bool")
            return None

        @builtins.property
        def int8(self) -> None:
            """``int8 :Void``."""
            if self._low.get_uint16(0) != 2:
                raise self._unset("int8")
            return None

        @builtins.property
        def int16(self) -> None:
            """``int16 :Void``."""
            if self._low.get_uint16(0) != 3:
                raise self._unset("int16")
            return None

        @builtins.property
        def int32(self) -> None:
            """``int32 :Void``."""
            if self._low.get_uint16(0) != 4:
                raise self._unset("int32")
            return None

        @builtins.property
        def int64(self) -> None:
            """``int64 :Void``."""
            if self._low.get_uint16(0) != 5:
                raise self._unset("int64")
            return None

        @builtins.property
        def uint8(self) -> None:
            """``uint8 :Void``."""
            if self._low.get_uint16(0) != 6:
                raise self._unset("uint8")
            return None

        @builtins.property
        def uint16(self) -> None:
            """``uint16 :Void``."""
            if self._low.get_uint16(0) != 7:
                raise self._unset("uint16")
            return None

        @builtins.property
        def uint32(self) -> None:
            """``uint32 :Void``."""
            if self._low.get_uint16(0) != 8:
                raise self._unset("uint32")
            return None

        @builtins.property
        def uint64(self) -> None:
            """``uint64 :Void``."""
            if self._low.get_uint16(0) != 9:
                raise self._unset("uint64")
            return None

        @builtins.property
        def float32(self) -> None:
            """``float32 :Void``."""
            if self._low.get_uint16(0) != 10:
                raise self._unset("float32")
            return None

        @builtins.property
        def float64(self) -> None:
            """``float64 :Void``."""
            if self._low.get_uint16(0) != 11:
                raise self._unset("float64")
            return None

        @builtins.property
        def text(self) -> None:
            """``text :Void``."""
            if self._low.get_uint16(0) != 12:
                raise self._unset("text")
            return None

        @builtins.property
        def data(self) -> None:
            """``data :Void``."""
            if self._low.get_uint16(0) != 13:
                raise self._unset("data")
            return None

        @builtins.property
        def list(self) -> Type.List.Reader:
            """The group ``list``."""
            if self._low.get_uint16(0) != 14:
                raise self._unset("list")
            return Type.List.Reader(self._low)

        @builtins.property
        def enum(self) -> Type.Enum.Reader:
            """The group ``enum``."""
            if self._low.get_uint16(0) != 15:
                raise self._unset("enum")
            return Type.Enum.Reader(self._low)

        @builtins.property
        def struct(self) -> Type.Struct.Reader:
            """The group ``struct``."""
            if self._low.get_uint16(0) != 16:
                raise self._unset("struct")
            return Type.Struct.Reader(self._low)

        @builtins.property
        def interface(self) -> Type.Interface.Reader:
            """The group ``interface``."""
            if self._low.get_uint16(0) != 17:
                raise self._unset("interface")
            return Type.Interface.Reader(self._low)

        @builtins.property
        def any_pointer(self) -> Type.AnyPointer.Reader:
            """The group ``anyPointer``."""
            if self._low.get_uint16(0) != 18:
                raise self._unset("any_pointer")
            return Type.AnyPointer.Reader(self._low)

        def which(self) -> Type_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Type.MEMBERS.get(self._low.get_uint16(0))

    class Builder(schema.GeneratedBuilder["Type"]):
        """Builds ``Type``."""

        __slots__ = ()

        @builtins.property
        def void(self) -> None:
            """``void :Void``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("void")
            return None

        @void.setter
        def void(self, value: None) -> None:
            self._select("void", value)

        @builtins.property
        def bool(self) -> None:
            """``bool :Void``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("bool")
            return None

        @bool.setter
        def bool(self, value: None) -> None:
            self._select("bool", value)

        @builtins.property
        def int8(self) -> None:
            """``int8 :Void``."""
            if self._low.get_uint16(0) != 2:
                raise self._unset("int8")
            return None

        @int8.setter
        def int8(self, value: None) -> None:
            self._select("int8", value)

        @builtins.property
        def int16(self) -> None:
            """``int16 :Void``."""
            if self._low.get_uint16(0) != 3:
                raise self._unset("int16")
            return None

        @int16.setter
        def int16(self, value: None) -> None:
            self._select("int16", value)

        @builtins.property
        def int32(self) -> None:
            """``int32 :Void``."""
            if self._low.get_uint16(0) != 4:
                raise self._unset("int32")
            return None

        @int32.setter
        def int32(self, value: None) -> None:
            self._select("int32", value)

        @builtins.property
        def int64(self) -> None:
            """``int64 :Void``."""
            if self._low.get_uint16(0) != 5:
                raise self._unset("int64")
            return None

        @int64.setter
        def int64(self, value: None) -> None:
            self._select("int64", value)

        @builtins.property
        def uint8(self) -> None:
            """``uint8 :Void``."""
            if self._low.get_uint16(0) != 6:
                raise self._unset("uint8")
            return None

        @uint8.setter
        def uint8(self, value: None) -> None:
            self._select("uint8", value)

        @builtins.property
        def uint16(self) -> None:
            """``uint16 :Void``."""
            if self._low.get_uint16(0) != 7:
                raise self._unset("uint16")
            return None

        @uint16.setter
        def uint16(self, value: None) -> None:
            self._select("uint16", value)

        @builtins.property
        def uint32(self) -> None:
            """``uint32 :Void``."""
            if self._low.get_uint16(0) != 8:
                raise self._unset("uint32")
            return None

        @uint32.setter
        def uint32(self, value: None) -> None:
            self._select("uint32", value)

        @builtins.property
        def uint64(self) -> None:
            """``uint64 :Void``."""
            if self._low.get_uint16(0) != 9:
                raise self._unset("uint64")
            return None

        @uint64.setter
        def uint64(self, value: None) -> None:
            self._select("uint64", value)

        @builtins.property
        def float32(self) -> None:
            """``float32 :Void``."""
            if self._low.get_uint16(0) != 10:
                raise self._unset("float32")
            return None

        @float32.setter
        def float32(self, value: None) -> None:
            self._select("float32", value)

        @builtins.property
        def float64(self) -> None:
            """``float64 :Void``."""
            if self._low.get_uint16(0) != 11:
                raise self._unset("float64")
            return None

        @float64.setter
        def float64(self, value: None) -> None:
            self._select("float64", value)

        @builtins.property
        def text(self) -> None:
            """``text :Void``."""
            if self._low.get_uint16(0) != 12:
                raise self._unset("text")
            return None

        @text.setter
        def text(self, value: None) -> None:
            self._select("text", value)

        @builtins.property
        def data(self) -> None:
            """``data :Void``."""
            if self._low.get_uint16(0) != 13:
                raise self._unset("data")
            return None

        @data.setter
        def data(self, value: None) -> None:
            self._select("data", value)

        @builtins.property
        def list(self) -> Type.List.Builder:
            """The group ``list``."""
            if self._low.get_uint16(0) != 14:
                raise self._unset("list")
            return Type.List.Builder(self._low)

        @list.setter
        def list(self, value: Type.List) -> None:
            self._select("list", value)

        def init_list(self) -> Type.List.Builder:
            """Set the group ``list``, with zeroed fields."""
            self._select_blank("list")
            return Type.List.Builder(self._low)

        @builtins.property
        def enum(self) -> Type.Enum.Builder:
            """The group ``enum``."""
            if self._low.get_uint16(0) != 15:
                raise self._unset("enum")
            return Type.Enum.Builder(self._low)

        @enum.setter
        def enum(self, value: Type.Enum) -> None:
            self._select("enum", value)

        def init_enum(self) -> Type.Enum.Builder:
            """Set the group ``enum``, with zeroed fields."""
            self._select_blank("enum")
            return Type.Enum.Builder(self._low)

        @builtins.property
        def struct(self) -> Type.Struct.Builder:
            """The group ``struct``."""
            if self._low.get_uint16(0) != 16:
                raise self._unset("struct")
            return Type.Struct.Builder(self._low)

        @struct.setter
        def struct(self, value: Type.Struct) -> None:
            self._select("struct", value)

        def init_struct(self) -> Type.Struct.Builder:
            """Set the group ``struct``, with zeroed fields."""
            self._select_blank("struct")
            return Type.Struct.Builder(self._low)

        @builtins.property
        def interface(self) -> Type.Interface.Builder:
            """The group ``interface``."""
            if self._low.get_uint16(0) != 17:
                raise self._unset("interface")
            return Type.Interface.Builder(self._low)

        @interface.setter
        def interface(self, value: Type.Interface) -> None:
            self._select("interface", value)

        def init_interface(self) -> Type.Interface.Builder:
            """Set the group ``interface``, with zeroed fields."""
            self._select_blank("interface")
            return Type.Interface.Builder(self._low)

        @builtins.property
        def any_pointer(self) -> Type.AnyPointer.Builder:
            """The group ``anyPointer``."""
            if self._low.get_uint16(0) != 18:
                raise self._unset("any_pointer")
            return Type.AnyPointer.Builder(self._low)

        @any_pointer.setter
        def any_pointer(self, value: Type.AnyPointer) -> None:
            self._select("any_pointer", value)

        def init_any_pointer(self) -> Type.AnyPointer.Builder:
            """Set the group ``anyPointer``, with zeroed fields."""
            self._select_blank("any_pointer")
            return Type.AnyPointer.Builder(self._low)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            void: None
            bool: None
            int8: None
            int16: None
            int32: None
            int64: None
            uint8: None
            uint16: None
            uint32: None
            uint64: None
            float32: None
            float64: None
            text: None
            data: None
            list: Type.List
            enum: Type.Enum
            struct: Type.Struct
            interface: Type.Interface
            any_pointer: Type.AnyPointer

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)

        def which(self) -> Type_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Type.MEMBERS.get(self._low.get_uint16(0))


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Brand(schema.StructValue):
    """Specifies bindings for parameters of generics. Since these bindings turn a generic into a
    non-generic, we call it the "brand".
    """

    scopes: builtins.list[Brand.Scope] = dataclasses.field(default_factory=builtins.list)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Scope(schema.UnionValue):
        """The struct ``Brand.Scope``."""

        scope_id: builtins.int = 0
        bind: builtins.list[Brand.Binding] | schema.UnsetType = schema.UNSET
        inherit: schema.UnsetType | None = schema.UNSET

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Brand_Scope_Which]] = {
            0: "bind",
            1: "inherit",
        }

        def which(self) -> Brand_Scope_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Brand.Scope.MEMBERS.get(self._member())

        @builtins.classmethod
        def __capnsafe_schema__(cls) -> schema.Types[Brand.Scope.Builder, Brand.Scope.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 2, 1, Brand.Scope.Builder, Brand.Scope.Reader

        class Reader(schema.GeneratedReader["Brand.Scope"]):
            """Reads ``Brand.Scope``."""

            __slots__ = ()

            @builtins.property
            def scope_id(self) -> builtins.int:
                """ID of the scope to which these params apply."""
                return self._low.get_uint64(0)

            @builtins.property
            def bind(self) -> schema.Items[Brand.Binding.Reader]:
                """List of parameter bindings."""
                if self._low.get_uint16(4) != 0:
                    raise self._unset("bind")
                return schema.StructItems(self._low.get_struct_list(0), Brand.Binding.Reader)

            def has_bind(self) -> builtins.bool:
                """Return whether the pointer ``bind`` is not null."""
                return self._low.get_uint16(4) == 0 and not self._low.is_null(0)

            @builtins.property
            def inherit(self) -> None:
                """The place where the Brand appears is within this scope or a sub-scope, and bindings
                for this scope are deferred to later Brand applications. This is equivalent to a
                pass-through binding list, where each of this scope's parameters is bound to itself.
                For example:

                  struct Outer(T) {
                    struct Inner {
                      value @0 :T;
                    }
                    innerInherit @0 :Inner;            # Outer Brand.Scope is `inherit`.
                    innerBindSelf @1 :Outer(T).Inner;  # Outer Brand.Scope explicitly binds T to T.
                  }

                The innerInherit and innerBindSelf fields have equivalent types, but different Brand
                styles.
                """
                if self._low.get_uint16(4) != 1:
                    raise self._unset("inherit")
                return None

            def which(self) -> Brand_Scope_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Brand.Scope.MEMBERS.get(self._low.get_uint16(4))

        class Builder(schema.GeneratedBuilder["Brand.Scope"]):
            """Builds ``Brand.Scope``."""

            __slots__ = ()

            @builtins.property
            def scope_id(self) -> builtins.int:
                """ID of the scope to which these params apply."""
                return self._low.get_uint64(0)

            @scope_id.setter
            def scope_id(self, value: builtins.int) -> None:
                self._low._put_integer(_uint64, 0, value, 0)

            @builtins.property
            def bind(self) -> schema.ItemsBuilder[Brand.Binding.Builder, Brand.Binding]:
                """List of parameter bindings."""
                if self._low.get_uint16(4) != 0:
                    raise self._unset("bind")
                return schema.StructItemsBuilder(self._low.get_struct_list(0, 1, 1), Brand.Binding)

            @bind.setter
            def bind(
                self,
                value: typing.Iterable[
                    Brand.Binding | Brand.Binding.Reader | Brand.Binding.Builder
                ],
            ) -> None:
                self._select("bind", value)

            def has_bind(self) -> builtins.bool:
                """Return whether the pointer ``bind`` is not null."""
                return self._low.get_uint16(4) == 0 and not self._low.is_null(0)

            def init_bind(
                self,
                count: builtins.int,
            ) -> schema.ItemsBuilder[Brand.Binding.Builder, Brand.Binding]:
                """Build a list of ``count`` zeroed items as ``bind``."""
                return schema.StructItemsBuilder(self._select_blank("bind", count), Brand.Binding)

            @builtins.property
            def inherit(self) -> None:
                """The place where the Brand appears is within this scope or a sub-scope, and bindings
                for this scope are deferred to later Brand applications. This is equivalent to a
                pass-through binding list, where each of this scope's parameters is bound to itself.
                For example:

                  struct Outer(T) {
                    struct Inner {
                      value @0 :T;
                    }
                    innerInherit @0 :Inner;            # Outer Brand.Scope is `inherit`.
                    innerBindSelf @1 :Outer(T).Inner;  # Outer Brand.Scope explicitly binds T to T.
                  }

                The innerInherit and innerBindSelf fields have equivalent types, but different Brand
                styles.
                """
                if self._low.get_uint16(4) != 1:
                    raise self._unset("inherit")
                return None

            @inherit.setter
            def inherit(self, value: None) -> None:
                self._select("inherit", value)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                scope_id: builtins.int
                bind: typing.Iterable[Brand.Binding | Brand.Binding.Reader | Brand.Binding.Builder]
                inherit: None

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Brand_Scope_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Brand.Scope.MEMBERS.get(self._low.get_uint16(4))

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Binding(schema.UnionValue):
        """The struct ``Brand.Binding``."""

        unbound: schema.UnsetType | None = schema.UNSET
        type: Type | schema.UnsetType | None = schema.UNSET

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Brand_Binding_Which]] = {
            0: "unbound",
            1: "type",
        }

        def which(self) -> Brand_Binding_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Brand.Binding.MEMBERS.get(self._member())

        @builtins.classmethod
        def __capnsafe_schema__(cls) -> schema.Types[Brand.Binding.Builder, Brand.Binding.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 1, 1, Brand.Binding.Builder, Brand.Binding.Reader

        class Reader(schema.GeneratedReader["Brand.Binding"]):
            """Reads ``Brand.Binding``."""

            __slots__ = ()

            @builtins.property
            def unbound(self) -> None:
                """``unbound :Void``."""
                if self._low.get_uint16(0) != 0:
                    raise self._unset("unbound")
                return None

            @builtins.property
            def type(self) -> Type.Reader:
                """``type :Type``."""
                if self._low.get_uint16(0) != 1:
                    raise self._unset("type")
                return Type.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

            def has_type(self) -> builtins.bool:
                """Return whether the pointer ``type`` is not null."""
                return self._low.get_uint16(0) == 1 and not self._low.is_null(0)

            def which(self) -> Brand_Binding_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Brand.Binding.MEMBERS.get(self._low.get_uint16(0))

        class Builder(schema.GeneratedBuilder["Brand.Binding"]):
            """Builds ``Brand.Binding``."""

            __slots__ = ()

            @builtins.property
            def unbound(self) -> None:
                """``unbound :Void``."""
                if self._low.get_uint16(0) != 0:
                    raise self._unset("unbound")
                return None

            @unbound.setter
            def unbound(self, value: None) -> None:
                self._select("unbound", value)

            @builtins.property
            def type(self) -> Type.Builder:
                """``type :Type``."""
                if self._low.get_uint16(0) != 1:
                    raise self._unset("type")
                return Type.Builder(self._low.get_struct(0, 3, 1) or self._low.init_struct(0, 3, 1))

            @type.setter
            def type(self, value: Type | Type.Reader | Type.Builder | None) -> None:
                self._select("type", value)

            def has_type(self) -> builtins.bool:
                """Return whether the pointer ``type`` is not null."""
                return self._low.get_uint16(0) == 1 and not self._low.is_null(0)

            def init_type(self) -> Type.Builder:
                """Build a zeroed struct as ``type``."""
                return Type.Builder(self._select_blank("type"))

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                unbound: None
                type: Type | Type.Reader | Type.Builder | None

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Brand_Binding_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Brand.Binding.MEMBERS.get(self._low.get_uint16(0))

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Brand.Builder, Brand.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 1, Brand.Builder, Brand.Reader

    class Reader(schema.GeneratedReader["Brand"]):
        """Reads ``Brand``."""

        __slots__ = ()

        @builtins.property
        def scopes(self) -> schema.Items[Brand.Scope.Reader]:
            """For each of the target type and each of its parent scopes, a parameterization may be included
            in this list. If no parameterization is included for a particular relevant scope, then either
            that scope has no parameters or all parameters should be considered to be `AnyPointer`.
            """
            return schema.StructItems(self._low.get_struct_list(0), Brand.Scope.Reader)

        def has_scopes(self) -> builtins.bool:
            """Return whether the pointer ``scopes`` is not null."""
            return not self._low.is_null(0)

    class Builder(schema.GeneratedBuilder["Brand"]):
        """Builds ``Brand``."""

        __slots__ = ()

        @builtins.property
        def scopes(self) -> schema.ItemsBuilder[Brand.Scope.Builder, Brand.Scope]:
            """For each of the target type and each of its parent scopes, a parameterization may be included
            in this list. If no parameterization is included for a particular relevant scope, then either
            that scope has no parameters or all parameters should be considered to be `AnyPointer`.
            """
            return schema.StructItemsBuilder(self._low.get_struct_list(0, 2, 1), Brand.Scope)

        @scopes.setter
        def scopes(
            self,
            value: typing.Iterable[Brand.Scope | Brand.Scope.Reader | Brand.Scope.Builder],
        ) -> None:
            self._assign("scopes", value)

        def has_scopes(self) -> builtins.bool:
            """Return whether the pointer ``scopes`` is not null."""
            return not self._low.is_null(0)

        def init_scopes(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[Brand.Scope.Builder, Brand.Scope]:
            """Build a list of ``count`` zeroed items as ``scopes``."""
            return schema.StructItemsBuilder(
                self._low.init_struct_list(0, count, 2, 1),
                Brand.Scope,
            )


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Value(schema.UnionValue):
    """Represents a value, e.g. a field default value, constant value, or annotation value."""

    void: schema.UnsetType | None = schema.UNSET
    bool: builtins.bool | schema.UnsetType = schema.UNSET
    int8: builtins.int | schema.UnsetType = schema.UNSET
    int16: builtins.int | schema.UnsetType = schema.UNSET
    int32: builtins.int | schema.UnsetType = schema.UNSET
    int64: builtins.int | schema.UnsetType = schema.UNSET
    uint8: builtins.int | schema.UnsetType = schema.UNSET
    uint16: builtins.int | schema.UnsetType = schema.UNSET
    uint32: builtins.int | schema.UnsetType = schema.UNSET
    uint64: builtins.int | schema.UnsetType = schema.UNSET
    float32: builtins.float | schema.UnsetType = schema.UNSET
    float64: builtins.float | schema.UnsetType = schema.UNSET
    text: builtins.str | schema.UnsetType = schema.UNSET
    data: builtins.bytes | schema.UnsetType = schema.UNSET
    list: schema.Anything | schema.UnsetType | None = schema.UNSET
    enum: builtins.int | schema.UnsetType = schema.UNSET
    struct: schema.Anything | schema.UnsetType | None = schema.UNSET
    interface: schema.UnsetType | None = schema.UNSET
    any_pointer: schema.Anything | schema.UnsetType | None = schema.UNSET

    MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Value_Which]] = {
        0: "void",
        1: "bool",
        2: "int8",
        3: "int16",
        4: "int32",
        5: "int64",
        6: "uint8",
        7: "uint16",
        8: "uint32",
        9: "uint64",
        10: "float32",
        11: "float64",
        12: "text",
        13: "data",
        14: "list",
        15: "enum",
        16: "struct",
        17: "interface",
        18: "any_pointer",
    }

    def which(self) -> Value_Which | None:
        """Return the member that is set, or ``None`` for one of a newer schema."""
        return Value.MEMBERS.get(self._member())

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Value.Builder, Value.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 2, 1, Value.Builder, Value.Reader

    class Reader(schema.GeneratedReader["Value"]):
        """Reads ``Value``."""

        __slots__ = ()

        @builtins.property
        def void(self) -> None:
            """``void :Void``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("void")
            return None

        @builtins.property
        def bool(self) -> builtins.bool:
            """``bool :Bool``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("bool")
            return self._low.get_bool(16)

        @builtins.property
        def int8(self) -> builtins.int:
            """``int8 :Int8``."""
            if self._low.get_uint16(0) != 2:
                raise self._unset("int8")
            return self._low.get_int8(2)

        @builtins.property
        def int16(self) -> builtins.int:
            """``int16 :Int16``."""
            if self._low.get_uint16(0) != 3:
                raise self._unset("int16")
            return self._low.get_int16(1)

        @builtins.property
        def int32(self) -> builtins.int:
            """``int32 :Int32``."""
            if self._low.get_uint16(0) != 4:
                raise self._unset("int32")
            return self._low.get_int32(1)

        @builtins.property
        def int64(self) -> builtins.int:
            """``int64 :Int64``."""
            if self._low.get_uint16(0) != 5:
                raise self._unset("int64")
            return self._low.get_int64(1)

        @builtins.property
        def uint8(self) -> builtins.int:
            """``uint8 :UInt8``."""
            if self._low.get_uint16(0) != 6:
                raise self._unset("uint8")
            return self._low.get_uint8(2)

        @builtins.property
        def uint16(self) -> builtins.int:
            """``uint16 :UInt16``."""
            if self._low.get_uint16(0) != 7:
                raise self._unset("uint16")
            return self._low.get_uint16(1)

        @builtins.property
        def uint32(self) -> builtins.int:
            """``uint32 :UInt32``."""
            if self._low.get_uint16(0) != 8:
                raise self._unset("uint32")
            return self._low.get_uint32(1)

        @builtins.property
        def uint64(self) -> builtins.int:
            """``uint64 :UInt64``."""
            if self._low.get_uint16(0) != 9:
                raise self._unset("uint64")
            return self._low.get_uint64(1)

        @builtins.property
        def float32(self) -> builtins.float:
            """``float32 :Float32``."""
            if self._low.get_uint16(0) != 10:
                raise self._unset("float32")
            return self._low.get_float32(1)

        @builtins.property
        def float64(self) -> builtins.float:
            """``float64 :Float64``."""
            if self._low.get_uint16(0) != 11:
                raise self._unset("float64")
            return self._low.get_float64(1)

        @builtins.property
        def text(self) -> builtins.str:
            """``text :Text``."""
            if self._low.get_uint16(0) != 12:
                raise self._unset("text")
            return self._low.get_text(0) or ""

        def has_text(self) -> builtins.bool:
            """Return whether the pointer ``text`` is not null."""
            return self._low.get_uint16(0) == 12 and not self._low.is_null(0)

        @builtins.property
        def data(self) -> builtins.bytes:
            """``data :Data``."""
            if self._low.get_uint16(0) != 13:
                raise self._unset("data")
            return self._low.get_data(0) or b""

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return self._low.get_uint16(0) == 13 and not self._low.is_null(0)

        @builtins.property
        def list(self) -> schema.AnyReader:
            """``list :AnyPointer``."""
            if self._low.get_uint16(0) != 14:
                raise self._unset("list")
            return schema.AnyReader(self._low, 0)

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return self._low.get_uint16(0) == 14 and not self._low.is_null(0)

        @builtins.property
        def enum(self) -> builtins.int:
            """``enum :UInt16``."""
            if self._low.get_uint16(0) != 15:
                raise self._unset("enum")
            return self._low.get_uint16(1)

        @builtins.property
        def struct(self) -> schema.AnyReader:
            """``struct :AnyPointer``."""
            if self._low.get_uint16(0) != 16:
                raise self._unset("struct")
            return schema.AnyReader(self._low, 0)

        def has_struct(self) -> builtins.bool:
            """Return whether the pointer ``struct`` is not null."""
            return self._low.get_uint16(0) == 16 and not self._low.is_null(0)

        @builtins.property
        def interface(self) -> None:
            """The only interface value that can be represented statically is "null", whose methods always
            throw exceptions.
            """
            if self._low.get_uint16(0) != 17:
                raise self._unset("interface")
            return None

        @builtins.property
        def any_pointer(self) -> schema.AnyReader:
            """``anyPointer :AnyPointer``."""
            if self._low.get_uint16(0) != 18:
                raise self._unset("any_pointer")
            return schema.AnyReader(self._low, 0)

        def has_any_pointer(self) -> builtins.bool:
            """Return whether the pointer ``anyPointer`` is not null."""
            return self._low.get_uint16(0) == 18 and not self._low.is_null(0)

        def which(self) -> Value_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Value.MEMBERS.get(self._low.get_uint16(0))

    class Builder(schema.GeneratedBuilder["Value"]):
        """Builds ``Value``."""

        __slots__ = ()

        @builtins.property
        def void(self) -> None:
            """``void :Void``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("void")
            return None

        @void.setter
        def void(self, value: None) -> None:
            self._select("void", value)

        @builtins.property
        def bool(self) -> builtins.bool:
            """``bool :Bool``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("bool")
            return self._low.get_bool(16)

        @bool.setter
        def bool(self, value: builtins.bool) -> None:
            self._select("bool", value)

        @builtins.property
        def int8(self) -> builtins.int:
            """``int8 :Int8``."""
            if self._low.get_uint16(0) != 2:
                raise self._unset("int8")
            return self._low.get_int8(2)

        @int8.setter
        def int8(self, value: builtins.int) -> None:
            self._select("int8", value)

        @builtins.property
        def int16(self) -> builtins.int:
            """``int16 :Int16``."""
            if self._low.get_uint16(0) != 3:
                raise self._unset("int16")
            return self._low.get_int16(1)

        @int16.setter
        def int16(self, value: builtins.int) -> None:
            self._select("int16", value)

        @builtins.property
        def int32(self) -> builtins.int:
            """``int32 :Int32``."""
            if self._low.get_uint16(0) != 4:
                raise self._unset("int32")
            return self._low.get_int32(1)

        @int32.setter
        def int32(self, value: builtins.int) -> None:
            self._select("int32", value)

        @builtins.property
        def int64(self) -> builtins.int:
            """``int64 :Int64``."""
            if self._low.get_uint16(0) != 5:
                raise self._unset("int64")
            return self._low.get_int64(1)

        @int64.setter
        def int64(self, value: builtins.int) -> None:
            self._select("int64", value)

        @builtins.property
        def uint8(self) -> builtins.int:
            """``uint8 :UInt8``."""
            if self._low.get_uint16(0) != 6:
                raise self._unset("uint8")
            return self._low.get_uint8(2)

        @uint8.setter
        def uint8(self, value: builtins.int) -> None:
            self._select("uint8", value)

        @builtins.property
        def uint16(self) -> builtins.int:
            """``uint16 :UInt16``."""
            if self._low.get_uint16(0) != 7:
                raise self._unset("uint16")
            return self._low.get_uint16(1)

        @uint16.setter
        def uint16(self, value: builtins.int) -> None:
            self._select("uint16", value)

        @builtins.property
        def uint32(self) -> builtins.int:
            """``uint32 :UInt32``."""
            if self._low.get_uint16(0) != 8:
                raise self._unset("uint32")
            return self._low.get_uint32(1)

        @uint32.setter
        def uint32(self, value: builtins.int) -> None:
            self._select("uint32", value)

        @builtins.property
        def uint64(self) -> builtins.int:
            """``uint64 :UInt64``."""
            if self._low.get_uint16(0) != 9:
                raise self._unset("uint64")
            return self._low.get_uint64(1)

        @uint64.setter
        def uint64(self, value: builtins.int) -> None:
            self._select("uint64", value)

        @builtins.property
        def float32(self) -> builtins.float:
            """``float32 :Float32``."""
            if self._low.get_uint16(0) != 10:
                raise self._unset("float32")
            return self._low.get_float32(1)

        @float32.setter
        def float32(self, value: builtins.float) -> None:
            self._select("float32", value)

        @builtins.property
        def float64(self) -> builtins.float:
            """``float64 :Float64``."""
            if self._low.get_uint16(0) != 11:
                raise self._unset("float64")
            return self._low.get_float64(1)

        @float64.setter
        def float64(self, value: builtins.float) -> None:
            self._select("float64", value)

        @builtins.property
        def text(self) -> builtins.str:
            """``text :Text``."""
            if self._low.get_uint16(0) != 12:
                raise self._unset("text")
            return self._low.get_text(0) or ""

        @text.setter
        def text(self, value: builtins.str) -> None:
            self._select("text", value)

        def has_text(self) -> builtins.bool:
            """Return whether the pointer ``text`` is not null."""
            return self._low.get_uint16(0) == 12 and not self._low.is_null(0)

        @builtins.property
        def data(self) -> builtins.bytes:
            """``data :Data``."""
            if self._low.get_uint16(0) != 13:
                raise self._unset("data")
            return self._low.get_data(0) or b""

        @data.setter
        def data(self, value: builtins.bytes) -> None:
            self._select("data", value)

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return self._low.get_uint16(0) == 13 and not self._low.is_null(0)

        @builtins.property
        def list(self) -> schema.AnyBuilder:
            """``list :AnyPointer``."""
            if self._low.get_uint16(0) != 14:
                raise self._unset("list")
            return schema.AnyBuilder(self._low, 0)

        @list.setter
        def list(self, value: schema.Anything | None) -> None:
            self._select("list", value)

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return self._low.get_uint16(0) == 14 and not self._low.is_null(0)

        @builtins.property
        def enum(self) -> builtins.int:
            """``enum :UInt16``."""
            if self._low.get_uint16(0) != 15:
                raise self._unset("enum")
            return self._low.get_uint16(1)

        @enum.setter
        def enum(self, value: builtins.int) -> None:
            self._select("enum", value)

        @builtins.property
        def struct(self) -> schema.AnyBuilder:
            """``struct :AnyPointer``."""
            if self._low.get_uint16(0) != 16:
                raise self._unset("struct")
            return schema.AnyBuilder(self._low, 0)

        @struct.setter
        def struct(self, value: schema.Anything | None) -> None:
            self._select("struct", value)

        def has_struct(self) -> builtins.bool:
            """Return whether the pointer ``struct`` is not null."""
            return self._low.get_uint16(0) == 16 and not self._low.is_null(0)

        @builtins.property
        def interface(self) -> None:
            """The only interface value that can be represented statically is "null", whose methods always
            throw exceptions.
            """
            if self._low.get_uint16(0) != 17:
                raise self._unset("interface")
            return None

        @interface.setter
        def interface(self, value: None) -> None:
            self._select("interface", value)

        @builtins.property
        def any_pointer(self) -> schema.AnyBuilder:
            """``anyPointer :AnyPointer``."""
            if self._low.get_uint16(0) != 18:
                raise self._unset("any_pointer")
            return schema.AnyBuilder(self._low, 0)

        @any_pointer.setter
        def any_pointer(self, value: schema.Anything | None) -> None:
            self._select("any_pointer", value)

        def has_any_pointer(self) -> builtins.bool:
            """Return whether the pointer ``anyPointer`` is not null."""
            return self._low.get_uint16(0) == 18 and not self._low.is_null(0)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            void: None
            bool: builtins.bool
            int8: builtins.int
            int16: builtins.int
            int32: builtins.int
            int64: builtins.int
            uint8: builtins.int
            uint16: builtins.int
            uint32: builtins.int
            uint64: builtins.int
            float32: builtins.float
            float64: builtins.float
            text: builtins.str
            data: builtins.bytes
            list: schema.Anything | None
            enum: builtins.int
            struct: schema.Anything | None
            interface: None
            any_pointer: schema.Anything | None

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)

        def which(self) -> Value_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Value.MEMBERS.get(self._low.get_uint16(0))


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Annotation(schema.StructValue):
    """Describes an annotation applied to a declaration.  Note AnnotationNode describes the
    annotation's declaration, while this describes a use of the annotation.
    """

    id: builtins.int = 0
    brand: Brand | None = None
    value: Value | None = None

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Annotation.Builder, Annotation.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 2, Annotation.Builder, Annotation.Reader

    class Reader(schema.GeneratedReader["Annotation"]):
        """Reads ``Annotation``."""

        __slots__ = ()

        @builtins.property
        def id(self) -> builtins.int:
            """ID of the annotation node."""
            return self._low.get_uint64(0)

        @builtins.property
        def brand(self) -> Brand.Reader:
            """Brand of the annotation.

            Note that the annotation itself is not allowed to be parameterized, but its scope might be.
            """
            return Brand.Reader(self._low.get_struct(1) or schema.NO_STRUCT)

        def has_brand(self) -> builtins.bool:
            """Return whether the pointer ``brand`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def value(self) -> Value.Reader:
            """``value :Value``."""
            return Value.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

        def has_value(self) -> builtins.bool:
            """Return whether the pointer ``value`` is not null."""
            return not self._low.is_null(0)

    class Builder(schema.GeneratedBuilder["Annotation"]):
        """Builds ``Annotation``."""

        __slots__ = ()

        @builtins.property
        def id(self) -> builtins.int:
            """ID of the annotation node."""
            return self._low.get_uint64(0)

        @id.setter
        def id(self, value: builtins.int) -> None:
            self._low._put_integer(_uint64, 0, value, 0)

        @builtins.property
        def brand(self) -> Brand.Builder:
            """Brand of the annotation.

            Note that the annotation itself is not allowed to be parameterized, but its scope might be.
            """
            return Brand.Builder(self._low.get_struct(1, 0, 1) or self._low.init_struct(1, 0, 1))

        @brand.setter
        def brand(self, value: Brand | Brand.Reader | Brand.Builder | None) -> None:
            self._assign("brand", value)

        def has_brand(self) -> builtins.bool:
            """Return whether the pointer ``brand`` is not null."""
            return not self._low.is_null(1)

        def init_brand(self) -> Brand.Builder:
            """Build a zeroed struct as ``brand``."""
            return Brand.Builder(self._low.init_struct(1, 0, 1))

        @builtins.property
        def value(self) -> Value.Builder:
            """``value :Value``."""
            return Value.Builder(self._low.get_struct(0, 2, 1) or self._low.init_struct(0, 2, 1))

        @value.setter
        def value(self, value: Value | Value.Reader | Value.Builder | None) -> None:
            self._assign("value", value)

        def has_value(self) -> builtins.bool:
            """Return whether the pointer ``value`` is not null."""
            return not self._low.is_null(0)

        def init_value(self) -> Value.Builder:
            """Build a zeroed struct as ``value``."""
            return Value.Builder(self._low.init_struct(0, 2, 1))

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            id: builtins.int
            brand: Brand | Brand.Reader | Brand.Builder | None
            value: Value | Value.Reader | Value.Builder | None

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


class ElementSize(schema.Enumeration):
    """Possible element sizes for encoded lists.  These correspond exactly to the possible values of
    the 3-bit element size component of a list pointer.
    """

    EMPTY = 0
    BIT = 1
    BYTE = 2
    TWO_BYTES = 3
    FOUR_BYTES = 4
    EIGHT_BYTES = 5
    POINTER = 6
    INLINE_COMPOSITE = 7

    BY_VALUE: schema.Enumerants[ElementSize]


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class CapnpVersion(schema.StructValue):
    """The struct ``CapnpVersion``."""

    major: builtins.int = 0
    minor: builtins.int = 0
    micro: builtins.int = 0

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[CapnpVersion.Builder, CapnpVersion.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 0, CapnpVersion.Builder, CapnpVersion.Reader

    class Reader(schema.GeneratedReader["CapnpVersion"]):
        """Reads ``CapnpVersion``."""

        __slots__ = ()

        @builtins.property
        def major(self) -> builtins.int:
            """``major :UInt16``."""
            return self._low.get_uint16(0)

        @builtins.property
        def minor(self) -> builtins.int:
            """``minor :UInt8``."""
            return self._low.get_uint8(2)

        @builtins.property
        def micro(self) -> builtins.int:
            """``micro :UInt8``."""
            return self._low.get_uint8(3)

    class Builder(schema.GeneratedBuilder["CapnpVersion"]):
        """Builds ``CapnpVersion``."""

        __slots__ = ()

        @builtins.property
        def major(self) -> builtins.int:
            """``major :UInt16``."""
            return self._low.get_uint16(0)

        @major.setter
        def major(self, value: builtins.int) -> None:
            self._low._put_integer(_uint16, 0, value, 0)

        @builtins.property
        def minor(self) -> builtins.int:
            """``minor :UInt8``."""
            return self._low.get_uint8(2)

        @minor.setter
        def minor(self, value: builtins.int) -> None:
            self._low._put_integer(_uint8, 2, value, 0)

        @builtins.property
        def micro(self) -> builtins.int:
            """``micro :UInt8``."""
            return self._low.get_uint8(3)

        @micro.setter
        def micro(self, value: builtins.int) -> None:
            self._low._put_integer(_uint8, 3, value, 0)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            major: builtins.int
            minor: builtins.int
            micro: builtins.int

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class CodeGeneratorRequest(schema.StructValue):
    """The struct ``CodeGeneratorRequest``."""

    capnp_version: CapnpVersion | None = None
    nodes: builtins.list[Node] = dataclasses.field(default_factory=builtins.list)
    source_info: builtins.list[Node.SourceInfo] = dataclasses.field(default_factory=builtins.list)
    requested_files: builtins.list[CodeGeneratorRequest.RequestedFile] = dataclasses.field(
        default_factory=builtins.list,
    )

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class RequestedFile(schema.StructValue):
        """The struct ``CodeGeneratorRequest.RequestedFile``."""

        id: builtins.int = 0
        filename: builtins.str = ""
        imports: builtins.list[CodeGeneratorRequest.RequestedFile.Import] = dataclasses.field(
            default_factory=builtins.list,
        )
        file_source_info: CodeGeneratorRequest.RequestedFile.FileSourceInfo | None = None

        @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
        class Import(schema.StructValue):
            """The struct ``CodeGeneratorRequest.RequestedFile.Import``."""

            id: builtins.int = 0
            name: builtins.str = ""

            @builtins.classmethod
            def __capnsafe_schema__(
                cls,
            ) -> schema.Types[
                CodeGeneratorRequest.RequestedFile.Import.Builder,
                CodeGeneratorRequest.RequestedFile.Import.Reader,
            ]:
                """Return the sections of the struct, its builder and its reader."""
                return (
                    1,
                    1,
                    CodeGeneratorRequest.RequestedFile.Import.Builder,
                    CodeGeneratorRequest.RequestedFile.Import.Reader,
                )

            class Reader(schema.GeneratedReader["CodeGeneratorRequest.RequestedFile.Import"]):
                """Reads ``CodeGeneratorRequest.RequestedFile.Import``."""

                __slots__ = ()

                @builtins.property
                def id(self) -> builtins.int:
                    """ID of the imported file."""
                    return self._low.get_uint64(0)

                @builtins.property
                def name(self) -> builtins.str:
                    """Name which *this* file used to refer to the foreign file.  This may be a relative name.
                    This information is provided because it might be useful for code generation, e.g. to
                    generate #include directives in C++.  We don't put this in Node.file because this
                    information is only meaningful at compile time anyway.

                    (On Zooko's triangle, this is the import's petname according to the importing file.)
                    """
                    return self._low.get_text(0) or ""

                def has_name(self) -> builtins.bool:
                    """Return whether the pointer ``name`` is not null."""
                    return not self._low.is_null(0)

            class Builder(schema.GeneratedBuilder["CodeGeneratorRequest.RequestedFile.Import"]):
                """Builds ``CodeGeneratorRequest.RequestedFile.Import``."""

                __slots__ = ()

                @builtins.property
                def id(self) -> builtins.int:
                    """ID of the imported file."""
                    return self._low.get_uint64(0)

                @id.setter
                def id(self, value: builtins.int) -> None:
                    self._low._put_integer(_uint64, 0, value, 0)

                @builtins.property
                def name(self) -> builtins.str:
                    """Name which *this* file used to refer to the foreign file.  This may be a relative name.
                    This information is provided because it might be useful for code generation, e.g. to
                    generate #include directives in C++.  We don't put this in Node.file because this
                    information is only meaningful at compile time anyway.

                    (On Zooko's triangle, this is the import's petname according to the importing file.)
                    """
                    return self._low.get_text(0) or ""

                @name.setter
                def name(self, value: builtins.str) -> None:
                    self._low.set_text(0, value)

                def has_name(self) -> builtins.bool:
                    """Return whether the pointer ``name`` is not null."""
                    return not self._low.is_null(0)

                class _Fields(typing.TypedDict, total=False):
                    """The fields that ``update`` takes."""

                    id: builtins.int
                    name: builtins.str

                def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                    """Set several fields in one step, all or nothing."""
                    self._update(fields)

        @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
        class FileSourceInfo(schema.StructValue):
            """The struct ``CodeGeneratorRequest.RequestedFile.FileSourceInfo``."""

            identifiers: builtins.list[
                CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier
            ] = dataclasses.field(default_factory=builtins.list)

            @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
            class Identifier(schema.UnionValue):
                """The struct ``CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier``."""

                start_byte: builtins.int = 0
                end_byte: builtins.int = 0
                type_id: builtins.int | schema.UnsetType = schema.UNSET
                member: (
                    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member
                    | schema.UnsetType
                ) = schema.UNSET

                @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
                class Member(schema.StructValue):
                    """Identifier refers to a member of a type."""

                    parent_type_id: builtins.int = 0
                    ordinal: builtins.int = 0

                    class Reader(
                        schema.GeneratedReader[
                            "CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member"
                        ],
                    ):
                        """Reads ``CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member``."""

                        __slots__ = ()

                        @builtins.property
                        def parent_type_id(self) -> builtins.int:
                            """``parentTypeId :UInt64``."""
                            return self._low.get_uint64(1)

                        @builtins.property
                        def ordinal(self) -> builtins.int:
                            """``ordinal :UInt16``."""
                            return self._low.get_uint16(9)

                    class Builder(
                        schema.GeneratedBuilder[
                            "CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member"
                        ],
                    ):
                        """Builds ``CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member``."""

                        __slots__ = ()

                        @builtins.property
                        def parent_type_id(self) -> builtins.int:
                            """``parentTypeId :UInt64``."""
                            return self._low.get_uint64(1)

                        @parent_type_id.setter
                        def parent_type_id(self, value: builtins.int) -> None:
                            self._low._put_integer(_uint64, 1, value, 0)

                        @builtins.property
                        def ordinal(self) -> builtins.int:
                            """``ordinal :UInt16``."""
                            return self._low.get_uint16(9)

                        @ordinal.setter
                        def ordinal(self, value: builtins.int) -> None:
                            self._low._put_integer(_uint16, 9, value, 0)

                        class _Fields(typing.TypedDict, total=False):
                            """The fields that ``update`` takes."""

                            parent_type_id: builtins.int
                            ordinal: builtins.int

                        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                            """Set several fields in one step, all or nothing."""
                            self._update(fields)

                MEMBERS: typing.ClassVar[
                    builtins.dict[
                        builtins.int,
                        CodeGeneratorRequest_RequestedFile_FileSourceInfo_Identifier_Which,
                    ]
                ] = {0: "type_id", 1: "member"}

                def which(
                    self,
                ) -> CodeGeneratorRequest_RequestedFile_FileSourceInfo_Identifier_Which | None:
                    """Return the member that is set, or ``None`` for one of a newer schema."""
                    return CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.MEMBERS.get(
                        self._member(),
                    )

                @builtins.classmethod
                def __capnsafe_schema__(
                    cls,
                ) -> schema.Types[
                    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Builder,
                    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Reader,
                ]:
                    """Return the sections of the struct, its builder and its reader."""
                    return (
                        3,
                        0,
                        CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Builder,
                        CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Reader,
                    )

                class Reader(
                    schema.GeneratedReader[
                        "CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier"
                    ],
                ):
                    """Reads ``CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier``."""

                    __slots__ = ()

                    @builtins.property
                    def start_byte(self) -> builtins.int:
                        """``startByte :UInt32``."""
                        return self._low.get_uint32(0)

                    @builtins.property
                    def end_byte(self) -> builtins.int:
                        """``endByte :UInt32``."""
                        return self._low.get_uint32(1)

                    @builtins.property
                    def type_id(self) -> builtins.int:
                        """Identifier refers to a type. This is the type ID."""
                        if self._low.get_uint16(8) != 0:
                            raise self._unset("type_id")
                        return self._low.get_uint64(1)

                    @builtins.property
                    def member(
                        self,
                    ) -> CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member.Reader:
                        """Identifier refers to a member of a type."""
                        if self._low.get_uint16(8) != 1:
                            raise self._unset("member")
                        return CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member.Reader(
                            self._low,
                        )

                    def which(
                        self,
                    ) -> CodeGeneratorRequest_RequestedFile_FileSourceInfo_Identifier_Which | None:
                        """Return the member that is set, or ``None`` for one of a newer schema."""
                        return CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.MEMBERS.get(
                            self._low.get_uint16(8),
                        )

                class Builder(
                    schema.GeneratedBuilder[
                        "CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier"
                    ],
                ):
                    """Builds ``CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier``."""

                    __slots__ = ()

                    @builtins.property
                    def start_byte(self) -> builtins.int:
                        """``startByte :UInt32``."""
                        return self._low.get_uint32(0)

                    @start_byte.setter
                    def start_byte(self, value: builtins.int) -> None:
                        self._low._put_integer(_uint32, 0, value, 0)

                    @builtins.property
                    def end_byte(self) -> builtins.int:
                        """``endByte :UInt32``."""
                        return self._low.get_uint32(1)

                    @end_byte.setter
                    def end_byte(self, value: builtins.int) -> None:
                        self._low._put_integer(_uint32, 1, value, 0)

                    @builtins.property
                    def type_id(self) -> builtins.int:
                        """Identifier refers to a type. This is the type ID."""
                        if self._low.get_uint16(8) != 0:
                            raise self._unset("type_id")
                        return self._low.get_uint64(1)

                    @type_id.setter
                    def type_id(self, value: builtins.int) -> None:
                        self._select("type_id", value)

                    @builtins.property
                    def member(
                        self,
                    ) -> (
                        CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member.Builder
                    ):
                        """Identifier refers to a member of a type."""
                        if self._low.get_uint16(8) != 1:
                            raise self._unset("member")
                        return CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member.Builder(
                            self._low,
                        )

                    @member.setter
                    def member(
                        self,
                        value: CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member,
                    ) -> None:
                        self._select("member", value)

                    def init_member(
                        self,
                    ) -> (
                        CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member.Builder
                    ):
                        """Set the group ``member``, with zeroed fields."""
                        self._select_blank("member")
                        return CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member.Builder(
                            self._low,
                        )

                    class _Fields(typing.TypedDict, total=False):
                        """The fields that ``update`` takes."""

                        start_byte: builtins.int
                        end_byte: builtins.int
                        type_id: builtins.int
                        member: CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member

                    def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                        """Set several fields in one step, all or nothing."""
                        self._update(fields)

                    def which(
                        self,
                    ) -> CodeGeneratorRequest_RequestedFile_FileSourceInfo_Identifier_Which | None:
                        """Return the member that is set, or ``None`` for one of a newer schema."""
                        return CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.MEMBERS.get(
                            self._low.get_uint16(8),
                        )

            @builtins.classmethod
            def __capnsafe_schema__(
                cls,
            ) -> schema.Types[
                CodeGeneratorRequest.RequestedFile.FileSourceInfo.Builder,
                CodeGeneratorRequest.RequestedFile.FileSourceInfo.Reader,
            ]:
                """Return the sections of the struct, its builder and its reader."""
                return (
                    0,
                    1,
                    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Builder,
                    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Reader,
                )

            class Reader(
                schema.GeneratedReader["CodeGeneratorRequest.RequestedFile.FileSourceInfo"],
            ):
                """Reads ``CodeGeneratorRequest.RequestedFile.FileSourceInfo``."""

                __slots__ = ()

                @builtins.property
                def identifiers(
                    self,
                ) -> schema.Items[
                    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Reader
                ]:
                    """``identifiers :List(CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier)``."""
                    return schema.StructItems(
                        self._low.get_struct_list(0),
                        CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Reader,
                    )

                def has_identifiers(self) -> builtins.bool:
                    """Return whether the pointer ``identifiers`` is not null."""
                    return not self._low.is_null(0)

            class Builder(
                schema.GeneratedBuilder["CodeGeneratorRequest.RequestedFile.FileSourceInfo"],
            ):
                """Builds ``CodeGeneratorRequest.RequestedFile.FileSourceInfo``."""

                __slots__ = ()

                @builtins.property
                def identifiers(
                    self,
                ) -> schema.ItemsBuilder[
                    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Builder,
                    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier,
                ]:
                    """``identifiers :List(CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier)``."""
                    return schema.StructItemsBuilder(
                        self._low.get_struct_list(0, 3, 0),
                        CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier,
                    )

                @identifiers.setter
                def identifiers(
                    self,
                    value: typing.Iterable[
                        CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier
                        | CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Reader
                        | CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Builder
                    ],
                ) -> None:
                    self._assign("identifiers", value)

                def has_identifiers(self) -> builtins.bool:
                    """Return whether the pointer ``identifiers`` is not null."""
                    return not self._low.is_null(0)

                def init_identifiers(
                    self,
                    count: builtins.int,
                ) -> schema.ItemsBuilder[
                    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Builder,
                    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier,
                ]:
                    """Build a list of ``count`` zeroed items as ``identifiers``."""
                    return schema.StructItemsBuilder(
                        self._low.init_struct_list(0, count, 3, 0),
                        CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier,
                    )

        @builtins.classmethod
        def __capnsafe_schema__(
            cls,
        ) -> schema.Types[
            CodeGeneratorRequest.RequestedFile.Builder,
            CodeGeneratorRequest.RequestedFile.Reader,
        ]:
            """Return the sections of the struct, its builder and its reader."""
            return (
                1,
                3,
                CodeGeneratorRequest.RequestedFile.Builder,
                CodeGeneratorRequest.RequestedFile.Reader,
            )

        class Reader(schema.GeneratedReader["CodeGeneratorRequest.RequestedFile"]):
            """Reads ``CodeGeneratorRequest.RequestedFile``."""

            __slots__ = ()

            @builtins.property
            def id(self) -> builtins.int:
                """ID of the file."""
                return self._low.get_uint64(0)

            @builtins.property
            def filename(self) -> builtins.str:
                """Name of the file as it appeared on the command-line (minus the src-prefix).  You may use
                this to decide where to write the output.
                """
                return self._low.get_text(0) or ""

            def has_filename(self) -> builtins.bool:
                """Return whether the pointer ``filename`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def imports(self) -> schema.Items[CodeGeneratorRequest.RequestedFile.Import.Reader]:
                """List of all imported paths seen in this file."""
                return schema.StructItems(
                    self._low.get_struct_list(1),
                    CodeGeneratorRequest.RequestedFile.Import.Reader,
                )

            def has_imports(self) -> builtins.bool:
                """Return whether the pointer ``imports`` is not null."""
                return not self._low.is_null(1)

            @builtins.property
            def file_source_info(self) -> CodeGeneratorRequest.RequestedFile.FileSourceInfo.Reader:
                """``fileSourceInfo :CodeGeneratorRequest.RequestedFile.FileSourceInfo``."""
                return CodeGeneratorRequest.RequestedFile.FileSourceInfo.Reader(
                    self._low.get_struct(2) or schema.NO_STRUCT,
                )

            def has_file_source_info(self) -> builtins.bool:
                """Return whether the pointer ``fileSourceInfo`` is not null."""
                return not self._low.is_null(2)

        class Builder(schema.GeneratedBuilder["CodeGeneratorRequest.RequestedFile"]):
            """Builds ``CodeGeneratorRequest.RequestedFile``."""

            __slots__ = ()

            @builtins.property
            def id(self) -> builtins.int:
                """ID of the file."""
                return self._low.get_uint64(0)

            @id.setter
            def id(self, value: builtins.int) -> None:
                self._low._put_integer(_uint64, 0, value, 0)

            @builtins.property
            def filename(self) -> builtins.str:
                """Name of the file as it appeared on the command-line (minus the src-prefix).  You may use
                this to decide where to write the output.
                """
                return self._low.get_text(0) or ""

            @filename.setter
            def filename(self, value: builtins.str) -> None:
                self._low.set_text(0, value)

            def has_filename(self) -> builtins.bool:
                """Return whether the pointer ``filename`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def imports(
                self,
            ) -> schema.ItemsBuilder[
                CodeGeneratorRequest.RequestedFile.Import.Builder,
                CodeGeneratorRequest.RequestedFile.Import,
            ]:
                """List of all imported paths seen in this file."""
                return schema.StructItemsBuilder(
                    self._low.get_struct_list(1, 1, 1),
                    CodeGeneratorRequest.RequestedFile.Import,
                )

            @imports.setter
            def imports(
                self,
                value: typing.Iterable[
                    CodeGeneratorRequest.RequestedFile.Import
                    | CodeGeneratorRequest.RequestedFile.Import.Reader
                    | CodeGeneratorRequest.RequestedFile.Import.Builder
                ],
            ) -> None:
                self._assign("imports", value)

            def has_imports(self) -> builtins.bool:
                """Return whether the pointer ``imports`` is not null."""
                return not self._low.is_null(1)

            def init_imports(
                self,
                count: builtins.int,
            ) -> schema.ItemsBuilder[
                CodeGeneratorRequest.RequestedFile.Import.Builder,
                CodeGeneratorRequest.RequestedFile.Import,
            ]:
                """Build a list of ``count`` zeroed items as ``imports``."""
                return schema.StructItemsBuilder(
                    self._low.init_struct_list(1, count, 1, 1),
                    CodeGeneratorRequest.RequestedFile.Import,
                )

            @builtins.property
            def file_source_info(self) -> CodeGeneratorRequest.RequestedFile.FileSourceInfo.Builder:
                """``fileSourceInfo :CodeGeneratorRequest.RequestedFile.FileSourceInfo``."""
                return CodeGeneratorRequest.RequestedFile.FileSourceInfo.Builder(
                    self._low.get_struct(2, 0, 1) or self._low.init_struct(2, 0, 1),
                )

            @file_source_info.setter
            def file_source_info(
                self,
                value: CodeGeneratorRequest.RequestedFile.FileSourceInfo
                | CodeGeneratorRequest.RequestedFile.FileSourceInfo.Reader
                | CodeGeneratorRequest.RequestedFile.FileSourceInfo.Builder
                | None,
            ) -> None:
                self._assign("file_source_info", value)

            def has_file_source_info(self) -> builtins.bool:
                """Return whether the pointer ``fileSourceInfo`` is not null."""
                return not self._low.is_null(2)

            def init_file_source_info(
                self,
            ) -> CodeGeneratorRequest.RequestedFile.FileSourceInfo.Builder:
                """Build a zeroed struct as ``fileSourceInfo``."""
                return CodeGeneratorRequest.RequestedFile.FileSourceInfo.Builder(
                    self._low.init_struct(2, 0, 1),
                )

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                id: builtins.int
                filename: builtins.str
                imports: typing.Iterable[
                    CodeGeneratorRequest.RequestedFile.Import
                    | CodeGeneratorRequest.RequestedFile.Import.Reader
                    | CodeGeneratorRequest.RequestedFile.Import.Builder
                ]
                file_source_info: (
                    CodeGeneratorRequest.RequestedFile.FileSourceInfo
                    | CodeGeneratorRequest.RequestedFile.FileSourceInfo.Reader
                    | CodeGeneratorRequest.RequestedFile.FileSourceInfo.Builder
                    | None
                )

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @builtins.classmethod
    def __capnsafe_schema__(
        cls,
    ) -> schema.Types[CodeGeneratorRequest.Builder, CodeGeneratorRequest.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 4, CodeGeneratorRequest.Builder, CodeGeneratorRequest.Reader

    class Reader(schema.GeneratedReader["CodeGeneratorRequest"]):
        """Reads ``CodeGeneratorRequest``."""

        __slots__ = ()

        @builtins.property
        def capnp_version(self) -> CapnpVersion.Reader:
            """Version of the `capnp` executable. Generally, code generators should ignore this, but the code
            generators that ship with `capnp` itself will print a warning if this mismatches since that
            probably indicates something is misconfigured.

            The first version of 'capnp' to set this was 0.6.0. So, if it's missing, the compiler version
            is older than that.
            """
            return CapnpVersion.Reader(self._low.get_struct(2) or schema.NO_STRUCT)

        def has_capnp_version(self) -> builtins.bool:
            """Return whether the pointer ``capnpVersion`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def nodes(self) -> schema.Items[Node.Reader]:
            """All nodes parsed by the compiler, including for the files on the command line and their
            imports.
            """
            return schema.StructItems(self._low.get_struct_list(0), Node.Reader)

        def has_nodes(self) -> builtins.bool:
            """Return whether the pointer ``nodes`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def source_info(self) -> schema.Items[Node.SourceInfo.Reader]:
            """Information about the original source code for each node, where available. This array may be
            omitted or may be missing some nodes if no info is available for them.
            """
            return schema.StructItems(self._low.get_struct_list(3), Node.SourceInfo.Reader)

        def has_source_info(self) -> builtins.bool:
            """Return whether the pointer ``sourceInfo`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def requested_files(self) -> schema.Items[CodeGeneratorRequest.RequestedFile.Reader]:
            """Files which were listed on the command line."""
            return schema.StructItems(
                self._low.get_struct_list(1),
                CodeGeneratorRequest.RequestedFile.Reader,
            )

        def has_requested_files(self) -> builtins.bool:
            """Return whether the pointer ``requestedFiles`` is not null."""
            return not self._low.is_null(1)

    class Builder(schema.GeneratedBuilder["CodeGeneratorRequest"]):
        """Builds ``CodeGeneratorRequest``."""

        __slots__ = ()

        @builtins.property
        def capnp_version(self) -> CapnpVersion.Builder:
            """Version of the `capnp` executable. Generally, code generators should ignore this, but the code
            generators that ship with `capnp` itself will print a warning if this mismatches since that
            probably indicates something is misconfigured.

            The first version of 'capnp' to set this was 0.6.0. So, if it's missing, the compiler version
            is older than that.
            """
            return CapnpVersion.Builder(
                self._low.get_struct(2, 1, 0) or self._low.init_struct(2, 1, 0),
            )

        @capnp_version.setter
        def capnp_version(
            self,
            value: CapnpVersion | CapnpVersion.Reader | CapnpVersion.Builder | None,
        ) -> None:
            self._assign("capnp_version", value)

        def has_capnp_version(self) -> builtins.bool:
            """Return whether the pointer ``capnpVersion`` is not null."""
            return not self._low.is_null(2)

        def init_capnp_version(self) -> CapnpVersion.Builder:
            """Build a zeroed struct as ``capnpVersion``."""
            return CapnpVersion.Builder(self._low.init_struct(2, 1, 0))

        @builtins.property
        def nodes(self) -> schema.ItemsBuilder[Node.Builder, Node]:
            """All nodes parsed by the compiler, including for the files on the command line and their
            imports.
            """
            return schema.StructItemsBuilder(self._low.get_struct_list(0, 6, 6), Node)

        @nodes.setter
        def nodes(self, value: typing.Iterable[Node | Node.Reader | Node.Builder]) -> None:
            self._assign("nodes", value)

        def has_nodes(self) -> builtins.bool:
            """Return whether the pointer ``nodes`` is not null."""
            return not self._low.is_null(0)

        def init_nodes(self, count: builtins.int) -> schema.ItemsBuilder[Node.Builder, Node]:
            """Build a list of ``count`` zeroed items as ``nodes``."""
            return schema.StructItemsBuilder(self._low.init_struct_list(0, count, 6, 6), Node)

        @builtins.property
        def source_info(self) -> schema.ItemsBuilder[Node.SourceInfo.Builder, Node.SourceInfo]:
            """Information about the original source code for each node, where available. This array may be
            omitted or may be missing some nodes if no info is available for them.
            """
            return schema.StructItemsBuilder(self._low.get_struct_list(3, 2, 2), Node.SourceInfo)

        @source_info.setter
        def source_info(
            self,
            value: typing.Iterable[
                Node.SourceInfo | Node.SourceInfo.Reader | Node.SourceInfo.Builder
            ],
        ) -> None:
            self._assign("source_info", value)

        def has_source_info(self) -> builtins.bool:
            """Return whether the pointer ``sourceInfo`` is not null."""
            return not self._low.is_null(3)

        def init_source_info(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[Node.SourceInfo.Builder, Node.SourceInfo]:
            """Build a list of ``count`` zeroed items as ``sourceInfo``."""
            return schema.StructItemsBuilder(
                self._low.init_struct_list(3, count, 2, 2),
                Node.SourceInfo,
            )

        @builtins.property
        def requested_files(
            self,
        ) -> schema.ItemsBuilder[
            CodeGeneratorRequest.RequestedFile.Builder,
            CodeGeneratorRequest.RequestedFile,
        ]:
            """Files which were listed on the command line."""
            return schema.StructItemsBuilder(
                self._low.get_struct_list(1, 1, 3),
                CodeGeneratorRequest.RequestedFile,
            )

        @requested_files.setter
        def requested_files(
            self,
            value: typing.Iterable[
                CodeGeneratorRequest.RequestedFile
                | CodeGeneratorRequest.RequestedFile.Reader
                | CodeGeneratorRequest.RequestedFile.Builder
            ],
        ) -> None:
            self._assign("requested_files", value)

        def has_requested_files(self) -> builtins.bool:
            """Return whether the pointer ``requestedFiles`` is not null."""
            return not self._low.is_null(1)

        def init_requested_files(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[
            CodeGeneratorRequest.RequestedFile.Builder,
            CodeGeneratorRequest.RequestedFile,
        ]:
            """Build a list of ``count`` zeroed items as ``requestedFiles``."""
            return schema.StructItemsBuilder(
                self._low.init_struct_list(1, count, 1, 3),
                CodeGeneratorRequest.RequestedFile,
            )

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            capnp_version: CapnpVersion | CapnpVersion.Reader | CapnpVersion.Builder | None
            nodes: typing.Iterable[Node | Node.Reader | Node.Builder]
            source_info: typing.Iterable[
                Node.SourceInfo | Node.SourceInfo.Reader | Node.SourceInfo.Builder
            ]
            requested_files: typing.Iterable[
                CodeGeneratorRequest.RequestedFile
                | CodeGeneratorRequest.RequestedFile.Reader
                | CodeGeneratorRequest.RequestedFile.Builder
            ]

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


schema.Layout(
    Node.Parameter,
    0xB9521BCCF10FA3B1,
    0,
    1,
    schema.FieldLayout("name", "name", schema.TEXT, 0),
)
schema.Layout(
    Node.NestedNode,
    0xDEBF55BBFA0FC242,
    1,
    1,
    schema.FieldLayout("name", "name", schema.TEXT, 0),
    schema.FieldLayout("id", "id", schema.UINT64, 0),
)
schema.Layout(
    Node.SourceInfo.Member,
    0xC2BA9038898E1FA2,
    0,
    1,
    schema.FieldLayout("doc_comment", "docComment", schema.TEXT, 0),
)
schema.Layout(
    Node.SourceInfo,
    0xF38E1DE3041357AE,
    2,
    2,
    schema.FieldLayout("id", "id", schema.UINT64, 0),
    schema.FieldLayout("doc_comment", "docComment", schema.TEXT, 0),
    schema.FieldLayout(
        "members",
        "members",
        schema.list_of(schema.StructKind(lambda: Node.SourceInfo.Member)),
        1,
    ),
    schema.FieldLayout("start_byte", "startByte", schema.UINT32, 2),
    schema.FieldLayout("end_byte", "endByte", schema.UINT32, 3),
)
schema.Layout(
    Node.Struct,
    0x9EA0B19B37FB4435,
    6,
    6,
    schema.FieldLayout("data_word_count", "dataWordCount", schema.UINT16, 7),
    schema.FieldLayout("pointer_count", "pointerCount", schema.UINT16, 12),
    schema.FieldLayout(
        "preferred_list_encoding",
        "preferredListEncoding",
        schema.EnumKind(lambda: ElementSize),
        13,
    ),
    schema.FieldLayout("is_group", "isGroup", schema.BOOL, 224),
    schema.FieldLayout("discriminant_count", "discriminantCount", schema.UINT16, 15),
    schema.FieldLayout("discriminant_offset", "discriminantOffset", schema.UINT32, 8),
    schema.FieldLayout("fields", "fields", schema.list_of(schema.StructKind(lambda: Field)), 3),
    is_group=True,
)
schema.Layout(
    Node.Enum,
    0xB54AB3364333F598,
    6,
    6,
    schema.FieldLayout(
        "enumerants",
        "enumerants",
        schema.list_of(schema.StructKind(lambda: Enumerant)),
        3,
    ),
    is_group=True,
)
schema.Layout(
    Node.Interface,
    0xE82753CFF0C2218F,
    6,
    6,
    schema.FieldLayout("methods", "methods", schema.list_of(schema.StructKind(lambda: Method)), 3),
    schema.FieldLayout(
        "superclasses",
        "superclasses",
        schema.list_of(schema.StructKind(lambda: Superclass)),
        4,
    ),
    is_group=True,
)
schema.Layout(
    Node.Const,
    0xB18AA5AC7A0D9420,
    6,
    6,
    schema.FieldLayout("type", "type", schema.StructKind(lambda: Type), 3),
    schema.FieldLayout("value", "value", schema.StructKind(lambda: Value), 4),
    is_group=True,
)
schema.Layout(
    Node.Annotation,
    0xEC1619D4400A0290,
    6,
    6,
    schema.FieldLayout("type", "type", schema.StructKind(lambda: Type), 3),
    schema.FieldLayout("targets_file", "targetsFile", schema.BOOL, 112),
    schema.FieldLayout("targets_const", "targetsConst", schema.BOOL, 113),
    schema.FieldLayout("targets_enum", "targetsEnum", schema.BOOL, 114),
    schema.FieldLayout("targets_enumerant", "targetsEnumerant", schema.BOOL, 115),
    schema.FieldLayout("targets_struct", "targetsStruct", schema.BOOL, 116),
    schema.FieldLayout("targets_field", "targetsField", schema.BOOL, 117),
    schema.FieldLayout("targets_union", "targetsUnion", schema.BOOL, 118),
    schema.FieldLayout("targets_group", "targetsGroup", schema.BOOL, 119),
    schema.FieldLayout("targets_interface", "targetsInterface", schema.BOOL, 120),
    schema.FieldLayout("targets_method", "targetsMethod", schema.BOOL, 121),
    schema.FieldLayout("targets_param", "targetsParam", schema.BOOL, 122),
    schema.FieldLayout("targets_annotation", "targetsAnnotation", schema.BOOL, 123),
    is_group=True,
)
schema.Layout(
    Node,
    0xE682AB4CF923A417,
    6,
    6,
    schema.FieldLayout("id", "id", schema.UINT64, 0),
    schema.FieldLayout("display_name", "displayName", schema.TEXT, 0),
    schema.FieldLayout("display_name_prefix_length", "displayNamePrefixLength", schema.UINT32, 2),
    schema.FieldLayout("scope_id", "scopeId", schema.UINT64, 2),
    schema.FieldLayout(
        "nested_nodes",
        "nestedNodes",
        schema.list_of(schema.StructKind(lambda: Node.NestedNode)),
        1,
    ),
    schema.FieldLayout(
        "annotations",
        "annotations",
        schema.list_of(schema.StructKind(lambda: Annotation)),
        2,
    ),
    schema.FieldLayout("file", "file", schema.VOID, 0, member=0),
    schema.FieldLayout("struct", "struct", schema.GroupKind(lambda: Node.Struct), member=1),
    schema.FieldLayout("enum", "enum", schema.GroupKind(lambda: Node.Enum), member=2),
    schema.FieldLayout(
        "interface",
        "interface",
        schema.GroupKind(lambda: Node.Interface),
        member=3,
    ),
    schema.FieldLayout("const", "const", schema.GroupKind(lambda: Node.Const), member=4),
    schema.FieldLayout(
        "annotation",
        "annotation",
        schema.GroupKind(lambda: Node.Annotation),
        member=5,
    ),
    schema.FieldLayout(
        "parameters",
        "parameters",
        schema.list_of(schema.StructKind(lambda: Node.Parameter)),
        5,
    ),
    schema.FieldLayout("is_generic", "isGeneric", schema.BOOL, 288),
    schema.FieldLayout("start_byte", "startByte", schema.UINT32, 10),
    schema.FieldLayout("end_byte", "endByte", schema.UINT32, 11),
    tag=6,
)
schema.Layout(
    Field.Slot,
    0xC42305476BB4746F,
    3,
    4,
    schema.FieldLayout("offset", "offset", schema.UINT32, 1),
    schema.FieldLayout("type", "type", schema.StructKind(lambda: Type), 2),
    schema.FieldLayout("default_value", "defaultValue", schema.StructKind(lambda: Value), 3),
    schema.FieldLayout("had_explicit_default", "hadExplicitDefault", schema.BOOL, 128),
    is_group=True,
)
schema.Layout(
    Field.Group,
    0xCAFCCDDB68DB1D11,
    3,
    4,
    schema.FieldLayout("type_id", "typeId", schema.UINT64, 2),
    is_group=True,
)
schema.Layout(
    Field.Ordinal,
    0xBB90D5C287870BE6,
    3,
    4,
    schema.FieldLayout("implicit", "implicit", schema.VOID, 0, member=0),
    schema.FieldLayout("explicit", "explicit", schema.UINT16, 6, member=1),
    tag=5,
    is_group=True,
)
schema.Layout(
    Field,
    0x9AAD50A41F4AF45F,
    3,
    4,
    schema.FieldLayout("name", "name", schema.TEXT, 0),
    schema.FieldLayout("code_order", "codeOrder", schema.UINT16, 0),
    schema.FieldLayout(
        "annotations",
        "annotations",
        schema.list_of(schema.StructKind(lambda: Annotation)),
        1,
    ),
    schema.FieldLayout("discriminant_value", "discriminantValue", schema.UINT16, 1, default=65535),
    schema.FieldLayout("slot", "slot", schema.GroupKind(lambda: Field.Slot), member=0),
    schema.FieldLayout("group", "group", schema.GroupKind(lambda: Field.Group), member=1),
    schema.FieldLayout("ordinal", "ordinal", schema.GroupKind(lambda: Field.Ordinal)),
    tag=4,
)
schema.Layout(
    Enumerant,
    0x978A7CEBDC549A4D,
    1,
    2,
    schema.FieldLayout("name", "name", schema.TEXT, 0),
    schema.FieldLayout("code_order", "codeOrder", schema.UINT16, 0),
    schema.FieldLayout(
        "annotations",
        "annotations",
        schema.list_of(schema.StructKind(lambda: Annotation)),
        1,
    ),
)
schema.Layout(
    Superclass,
    0xA9962A9ED0A4D7F8,
    1,
    1,
    schema.FieldLayout("id", "id", schema.UINT64, 0),
    schema.FieldLayout("brand", "brand", schema.StructKind(lambda: Brand), 0),
)
schema.Layout(
    Method,
    0x9500CCE23B334D80,
    3,
    5,
    schema.FieldLayout("name", "name", schema.TEXT, 0),
    schema.FieldLayout("code_order", "codeOrder", schema.UINT16, 0),
    schema.FieldLayout("param_struct_type", "paramStructType", schema.UINT64, 1),
    schema.FieldLayout("result_struct_type", "resultStructType", schema.UINT64, 2),
    schema.FieldLayout(
        "annotations",
        "annotations",
        schema.list_of(schema.StructKind(lambda: Annotation)),
        1,
    ),
    schema.FieldLayout("param_brand", "paramBrand", schema.StructKind(lambda: Brand), 2),
    schema.FieldLayout("result_brand", "resultBrand", schema.StructKind(lambda: Brand), 3),
    schema.FieldLayout(
        "implicit_parameters",
        "implicitParameters",
        schema.list_of(schema.StructKind(lambda: Node.Parameter)),
        4,
    ),
)
schema.Layout(
    Type.List,
    0x87E739250A60EA97,
    3,
    1,
    schema.FieldLayout("element_type", "elementType", schema.StructKind(lambda: Type), 0),
    is_group=True,
)
schema.Layout(
    Type.Enum,
    0x9E0E78711A7F87A9,
    3,
    1,
    schema.FieldLayout("type_id", "typeId", schema.UINT64, 1),
    schema.FieldLayout("brand", "brand", schema.StructKind(lambda: Brand), 0),
    is_group=True,
)
schema.Layout(
    Type.Struct,
    0xAC3A6F60EF4CC6D3,
    3,
    1,
    schema.FieldLayout("type_id", "typeId", schema.UINT64, 1),
    schema.FieldLayout("brand", "brand", schema.StructKind(lambda: Brand), 0),
    is_group=True,
)
schema.Layout(
    Type.Interface,
    0xED8BCA69F7FB0CBF,
    3,
    1,
    schema.FieldLayout("type_id", "typeId", schema.UINT64, 1),
    schema.FieldLayout("brand", "brand", schema.StructKind(lambda: Brand), 0),
    is_group=True,
)
schema.Layout(
    Type.AnyPointer.Unconstrained,
    0x8E3B5F79FE593656,
    3,
    1,
    schema.FieldLayout("any_kind", "anyKind", schema.VOID, 0, member=0),
    schema.FieldLayout("struct", "struct", schema.VOID, 0, member=1),
    schema.FieldLayout("list", "list", schema.VOID, 0, member=2),
    schema.FieldLayout("capability", "capability", schema.VOID, 0, member=3),
    tag=5,
    is_group=True,
)
schema.Layout(
    Type.AnyPointer.Parameter,
    0x9DD1F724F4614A85,
    3,
    1,
    schema.FieldLayout("scope_id", "scopeId", schema.UINT64, 2),
    schema.FieldLayout("parameter_index", "parameterIndex", schema.UINT16, 5),
    is_group=True,
)
schema.Layout(
    Type.AnyPointer.ImplicitMethodParameter,
    0xBAEFC9120C56E274,
    3,
    1,
    schema.FieldLayout("parameter_index", "parameterIndex", schema.UINT16, 5),
    is_group=True,
)
schema.Layout(
    Type.AnyPointer,
    0xC2573FE8A23E49F1,
    3,
    1,
    schema.FieldLayout(
        "unconstrained",
        "unconstrained",
        schema.GroupKind(lambda: Type.AnyPointer.Unconstrained),
        member=0,
    ),
    schema.FieldLayout(
        "parameter",
        "parameter",
        schema.GroupKind(lambda: Type.AnyPointer.Parameter),
        member=1,
    ),
    schema.FieldLayout(
        "implicit_method_parameter",
        "implicitMethodParameter",
        schema.GroupKind(lambda: Type.AnyPointer.ImplicitMethodParameter),
        member=2,
    ),
    tag=4,
    is_group=True,
)
schema.Layout(
    Type,
    0xD07378EDE1F9CC60,
    3,
    1,
    schema.FieldLayout("void", "void", schema.VOID, 0, member=0),
    schema.FieldLayout("bool", "bool", schema.VOID, 0, member=1),
    schema.FieldLayout("int8", "int8", schema.VOID, 0, member=2),
    schema.FieldLayout("int16", "int16", schema.VOID, 0, member=3),
    schema.FieldLayout("int32", "int32", schema.VOID, 0, member=4),
    schema.FieldLayout("int64", "int64", schema.VOID, 0, member=5),
    schema.FieldLayout("uint8", "uint8", schema.VOID, 0, member=6),
    schema.FieldLayout("uint16", "uint16", schema.VOID, 0, member=7),
    schema.FieldLayout("uint32", "uint32", schema.VOID, 0, member=8),
    schema.FieldLayout("uint64", "uint64", schema.VOID, 0, member=9),
    schema.FieldLayout("float32", "float32", schema.VOID, 0, member=10),
    schema.FieldLayout("float64", "float64", schema.VOID, 0, member=11),
    schema.FieldLayout("text", "text", schema.VOID, 0, member=12),
    schema.FieldLayout("data", "data", schema.VOID, 0, member=13),
    schema.FieldLayout("list", "list", schema.GroupKind(lambda: Type.List), member=14),
    schema.FieldLayout("enum", "enum", schema.GroupKind(lambda: Type.Enum), member=15),
    schema.FieldLayout("struct", "struct", schema.GroupKind(lambda: Type.Struct), member=16),
    schema.FieldLayout(
        "interface",
        "interface",
        schema.GroupKind(lambda: Type.Interface),
        member=17,
    ),
    schema.FieldLayout(
        "any_pointer",
        "anyPointer",
        schema.GroupKind(lambda: Type.AnyPointer),
        member=18,
    ),
    tag=0,
)
schema.Layout(
    Brand.Scope,
    0xABD73485A9636BC9,
    2,
    1,
    schema.FieldLayout("scope_id", "scopeId", schema.UINT64, 0),
    schema.FieldLayout(
        "bind",
        "bind",
        schema.list_of(schema.StructKind(lambda: Brand.Binding)),
        0,
        member=0,
    ),
    schema.FieldLayout("inherit", "inherit", schema.VOID, 0, member=1),
    tag=4,
)
schema.Layout(
    Brand.Binding,
    0xC863CD16969EE7FC,
    1,
    1,
    schema.FieldLayout("unbound", "unbound", schema.VOID, 0, member=0),
    schema.FieldLayout("type", "type", schema.StructKind(lambda: Type), 0, member=1),
    tag=0,
)
schema.Layout(
    Brand,
    0x903455F06065422B,
    0,
    1,
    schema.FieldLayout(
        "scopes",
        "scopes",
        schema.list_of(schema.StructKind(lambda: Brand.Scope)),
        0,
    ),
)
schema.Layout(
    Value,
    0xCE23DCD2D7B00C9B,
    2,
    1,
    schema.FieldLayout("void", "void", schema.VOID, 0, member=0),
    schema.FieldLayout("bool", "bool", schema.BOOL, 16, member=1),
    schema.FieldLayout("int8", "int8", schema.INT8, 2, member=2),
    schema.FieldLayout("int16", "int16", schema.INT16, 1, member=3),
    schema.FieldLayout("int32", "int32", schema.INT32, 1, member=4),
    schema.FieldLayout("int64", "int64", schema.INT64, 1, member=5),
    schema.FieldLayout("uint8", "uint8", schema.UINT8, 2, member=6),
    schema.FieldLayout("uint16", "uint16", schema.UINT16, 1, member=7),
    schema.FieldLayout("uint32", "uint32", schema.UINT32, 1, member=8),
    schema.FieldLayout("uint64", "uint64", schema.UINT64, 1, member=9),
    schema.FieldLayout("float32", "float32", schema.FLOAT32, 1, member=10),
    schema.FieldLayout("float64", "float64", schema.FLOAT64, 1, member=11),
    schema.FieldLayout("text", "text", schema.TEXT, 0, member=12),
    schema.FieldLayout("data", "data", schema.DATA, 0, member=13),
    schema.FieldLayout("list", "list", schema.ANY_POINTER, 0, member=14),
    schema.FieldLayout("enum", "enum", schema.UINT16, 1, member=15),
    schema.FieldLayout("struct", "struct", schema.ANY_POINTER, 0, member=16),
    schema.FieldLayout("interface", "interface", schema.VOID, 0, member=17),
    schema.FieldLayout("any_pointer", "anyPointer", schema.ANY_POINTER, 0, member=18),
    tag=0,
)
schema.Layout(
    Annotation,
    0xF1C8950DAB257542,
    1,
    2,
    schema.FieldLayout("id", "id", schema.UINT64, 0),
    schema.FieldLayout("value", "value", schema.StructKind(lambda: Value), 0),
    schema.FieldLayout("brand", "brand", schema.StructKind(lambda: Brand), 1),
)
ElementSize.BY_VALUE = schema.enumerants(
    ElementSize,
    "empty",
    "bit",
    "byte",
    "twoBytes",
    "fourBytes",
    "eightBytes",
    "pointer",
    "inlineComposite",
)
schema.Layout(
    CapnpVersion,
    0xD85D305B7D839963,
    1,
    0,
    schema.FieldLayout("major", "major", schema.UINT16, 0),
    schema.FieldLayout("minor", "minor", schema.UINT8, 2),
    schema.FieldLayout("micro", "micro", schema.UINT8, 3),
)
schema.Layout(
    CodeGeneratorRequest.RequestedFile.Import,
    0xAE504193122357E5,
    1,
    1,
    schema.FieldLayout("id", "id", schema.UINT64, 0),
    schema.FieldLayout("name", "name", schema.TEXT, 0),
)
schema.Layout(
    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member,
    0xFC69D5E1D630A151,
    3,
    0,
    schema.FieldLayout("parent_type_id", "parentTypeId", schema.UINT64, 1),
    schema.FieldLayout("ordinal", "ordinal", schema.UINT16, 9),
    is_group=True,
)
schema.Layout(
    CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier,
    0xDDA719892E0499BB,
    3,
    0,
    schema.FieldLayout("start_byte", "startByte", schema.UINT32, 0),
    schema.FieldLayout("end_byte", "endByte", schema.UINT32, 1),
    schema.FieldLayout("type_id", "typeId", schema.UINT64, 1, member=0),
    schema.FieldLayout(
        "member",
        "member",
        schema.GroupKind(
            lambda: CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier.Member,
        ),
        member=1,
    ),
    tag=8,
)
schema.Layout(
    CodeGeneratorRequest.RequestedFile.FileSourceInfo,
    0xF8EA2BF176925DA0,
    0,
    1,
    schema.FieldLayout(
        "identifiers",
        "identifiers",
        schema.list_of(
            schema.StructKind(lambda: CodeGeneratorRequest.RequestedFile.FileSourceInfo.Identifier),
        ),
        0,
    ),
)
schema.Layout(
    CodeGeneratorRequest.RequestedFile,
    0xCFEA0EB02E810062,
    1,
    3,
    schema.FieldLayout("id", "id", schema.UINT64, 0),
    schema.FieldLayout("filename", "filename", schema.TEXT, 0),
    schema.FieldLayout(
        "imports",
        "imports",
        schema.list_of(schema.StructKind(lambda: CodeGeneratorRequest.RequestedFile.Import)),
        1,
    ),
    schema.FieldLayout(
        "file_source_info",
        "fileSourceInfo",
        schema.StructKind(lambda: CodeGeneratorRequest.RequestedFile.FileSourceInfo),
        2,
    ),
)
schema.Layout(
    CodeGeneratorRequest,
    0xBFC546F6210AD7CE,
    0,
    4,
    schema.FieldLayout("nodes", "nodes", schema.list_of(schema.StructKind(lambda: Node)), 0),
    schema.FieldLayout(
        "requested_files",
        "requestedFiles",
        schema.list_of(schema.StructKind(lambda: CodeGeneratorRequest.RequestedFile)),
        1,
    ),
    schema.FieldLayout("capnp_version", "capnpVersion", schema.StructKind(lambda: CapnpVersion), 2),
    schema.FieldLayout(
        "source_info",
        "sourceInfo",
        schema.list_of(schema.StructKind(lambda: Node.SourceInfo)),
        3,
    ),
)
_Annotation = Annotation
