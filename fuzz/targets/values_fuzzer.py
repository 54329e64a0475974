#!/usr/bin/env python3
"""Fuzz the target ``values`` with Atheris alone, without a campaign."""

import sys

import atheris

with atheris.instrument_imports(include=["capnsafe"]):
    from capnsafe_fuzz.engines.atheris import Changes
    from capnsafe_fuzz.engines.standalone import standalone
    from capnsafe_fuzz.targets.values import TARGET

atheris.Setup(sys.argv, standalone(TARGET), custom_mutator=Changes(atheris, TARGET).mutate)
atheris.Fuzz()
