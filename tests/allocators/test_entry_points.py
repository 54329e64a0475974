"""Entry points are those that Python finds, and the others cost little."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, DistributionFinder, EntryPoint
from pathlib import Path
from zipfile import ZipFile

import pytest
from capnsafe_allocators.entry_points import entry_points_of

GROUP = "capnsafe.sample"
POINTS = f"[other]\na = b:c\n[{GROUP}]\nsample = package:NAME\n"


def values() -> dict[str, str]:
    return {point.name: point.value for point in entry_points_of(GROUP)}


@pytest.mark.parametrize(
    "place", ["sample-1.dist-info", "sample.egg-info", "sample.egg/EGG-INFO", "Sample-1.DIST-INFO"]
)
def test_a_package_in_a_folder(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert values() == {}
    about = tmp_path / place
    about.mkdir(parents=True)
    (about / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: sample\nVersion: 1\n")
    (about / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(about.parent)
    assert values() == {"sample": "package:NAME"}


def test_a_package_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = tmp_path / "sample-1.dist-info"
    about.mkdir()
    (about / "entry_points.txt").write_text(POINTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    assert values() == {"sample": "package:NAME"}


def test_a_package_in_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "sample.zip"
    with ZipFile(archive, "w") as file:
        file.writestr("sample-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: sample\n")
        file.writestr("sample-1.dist-info/entry_points.txt", POINTS)
    monkeypatch.syspath_prepend(archive)
    assert values() == {"sample": "package:NAME"}


class Sample(Distribution):
    def read_text(self, filename: str) -> str | None:
        texts = {"METADATA": "Metadata-Version: 2.1\nName: sample\n", "entry_points.txt": POINTS}
        return texts.get(filename)

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


class Finder:
    def find_spec(self, *arguments: object) -> None:
        return None

    def find_distributions(self, context: DistributionFinder.Context) -> Iterator[Distribution]:
        yield Sample()


def test_a_package_that_another_finder_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    assert values() == {"sample": "package:NAME"}


def test_python_is_asked_only_if_a_file_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def found(group: str) -> list[EntryPoint]:
        asked.append(group)
        return [EntryPoint("sample", "package:NAME", group)]

    monkeypatch.setattr(importlib.metadata, "entry_points", found)
    assert entry_points_of(GROUP) == []
    assert len(entry_points_of("console_scripts")) == 1
    assert asked == ["console_scripts"]
