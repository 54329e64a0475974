"""The choice between the compiled package and its sources."""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES, FileFinder
from pathlib import Path

import pytest

from capnsafe import _sources


@pytest.mark.parametrize("setting", ["1", "yes"])
def test_only_sources_are_found_if_they_are_wanted(
    setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path_importer_cache", {})
    monkeypatch.setenv("CAPNSAFE_PLAIN", setting)
    below = tmp_path / "below"
    below.mkdir()
    for folder in (tmp_path, below):
        (folder / "both.py").touch()
        (folder / f"both{EXTENSION_SUFFIXES[0]}").touch()
    _sources.choose(str(tmp_path))
    for folder in (tmp_path, below):
        finder = sys.path_importer_cache[str(folder)]
        assert isinstance(finder, FileFinder)
        spec = finder.find_spec("both")
        assert spec is not None
        assert spec.origin == str(folder / "both.py")


@pytest.mark.parametrize("setting", [None, "", "0"])
def test_otherwise_python_chooses(
    setting: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path_importer_cache", {})
    monkeypatch.delenv("CAPNSAFE_PLAIN", raising=False)
    if setting is not None:
        monkeypatch.setenv("CAPNSAFE_PLAIN", setting)
    _sources.choose(str(tmp_path))
    assert sys.path_importer_cache == {}


def test_a_module_is_compiled_if_its_file_is() -> None:
    assert _sources.is_extension(f"wire{EXTENSION_SUFFIXES[0]}")
    assert not _sources.is_extension("wire.py")
    assert not _sources.is_extension(None)
