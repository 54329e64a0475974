#!/usr/bin/env python3
import sys

import atheris

with atheris.instrument_imports(include=["capnsafe"]):
    from capnsafe_fuzz.engines.atheris import Changes
    from capnsafe_fuzz.engines.standalone import build

atheris.Setup(sys.argv, build, custom_mutator=Changes(atheris).mutate)
atheris.Fuzz()
