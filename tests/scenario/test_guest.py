"""What compiling the guest leaves behind: nothing that depends on the process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from capnsafe_fuzz.campaign.children import import_path
from capnsafe_fuzz.scenario.beside import made_beside
from capnsafe_fuzz.scenario.honest import is_installed

HEAP_AFTER_GUESTS = """
import ctypes, os, sys
ctypes.CDLL(None).personality(0x0040000)
if "again" not in sys.argv:
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:], "again"])
from capnsafe_fuzz.scenario.honest import honest_memory
from capnsafe_fuzz.scenario.scenario import MemorySpec
for name in ("wasm", "wasm-stays"):
    honest_memory(MemorySpec(name, 1)).allocate(2)
blocks = [bytearray(size) for size in range(520, 9000, 8) for _ in range(4)]
places = [ctypes.addressof(ctypes.c_char.from_buffer(block)) for block in blocks]
print(places)
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets addresses be the same")
@pytest.mark.skipif(not is_installed("wasm"), reason="wasmtime is not installed")
def test_the_heap_after_guests_is_the_same_in_each_process() -> None:
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": import_path()}
    said = {
        subprocess.run(
            [sys.executable, "-P", "-c", HEAP_AFTER_GUESTS],
            env=environment,
            check=True,
            capture_output=True,
        ).stdout
        for _ in range(8)
    }
    assert len(said) == 1
    assert len(said.pop()) > 4000


@pytest.mark.process
def test_what_fails_beside_is_told() -> None:
    script = """
from capnsafe_fuzz.scenario.beside import made_beside
assert made_beside(lambda: bytes([1]) * 100_000) == bytes([1]) * 100_000
assert made_beside(lambda: b"") == b""
assert made_beside(lambda: bytes(-1)) is None
"""
    environment = os.environ | {"PYTHONPATH": import_path()}
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], env=environment, check=False, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_process_with_threads_does_not_fork() -> None:
    import threading

    rests = threading.Event()
    other = threading.Thread(target=rests.wait)
    other.start()
    try:
        assert made_beside(lambda: b"") is None
    finally:
        rests.set()
        other.join()
