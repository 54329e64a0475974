"""The ids of the declarations in ``capnp/compat/json.capnp`` that JSON depends on."""

from __future__ import annotations

from typing import Final

NAME: Final = 0xFA5B1FD61C2E7C3D
FLATTEN: Final = 0x82D3E852AF0336BF
DISCRIMINATOR: Final = 0xCFA794E8D19A0162
BASE64: Final = 0xD7D879450A253E4B
HEX: Final = 0xF061E22F0AE5C7B5

#: The annotations of structs and fields.
ANNOTATIONS: Final = frozenset((NAME, FLATTEN, DISCRIMINATOR, BASE64, HEX))

#: The struct that has any JSON.
VALUE: Final = 0xA3FA7845F919DD83
