"""In which states of a number each command is allowed. Source: CONTRACT, inventory section.

Inventory decides by this table; whoever wants to know beforehand what it will say reads the same one.
"""

from contracts.fields import State

LEGAL: dict[str, tuple[State, ...]] = {
    "number.update": ("available", "reserved", "locked", "assigned"),
    "number.reserve": ("available",),
    "number.extend": ("reserved",),
    "number.end_extension": ("reserved",),
    "number.release": ("reserved",),
    "number.assign": ("available", "reserved"),
    "number.transfer": ("assigned",),
    "number.unassign": ("assigned",),
    "number.lock": ("available",),
    "number.unlock": ("locked",),
    "number.delete": ("available", "locked"),
    "number.recover": ("deleted",),
    "number.expire": ("reserved", "locked"),
}
JOINS = ("number.add", "number.import")  # only for numbers that are not in the bank
UNDOABLE = ("number.release", "number.delete", "number.unlock", "number.lock")  # `number.restore` takes them back
GONE = ("ported_out", "returned_to_vendor")  # reasons of a deletion after which others may use the number
