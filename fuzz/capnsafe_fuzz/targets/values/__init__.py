"""The target ``values``: programs of build operations, performed by generated code.

An input has the same parts as one of ``builder``: a program, the honest memory, and a script of
faults. But the program is performed with the properties of generated builders, and each copy of an
object goes through a value: the object is read into a dataclass, which is then built, all or
nothing. Operations that generated code does not have call the low layer, as an application would.

This is a target of its own, and not a set of operations of ``builder``, because it tests other code
with the same inputs. So it shares the model, the faults, the search, the shrinking and the oracles
of ``builder``, and a library without generated code need not refuse operations.
"""

from .target import TARGET

__all__ = ["TARGET"]
