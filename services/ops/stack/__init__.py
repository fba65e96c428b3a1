"""The local stack: real Kafka, real MongoDB, a real mail server; the same code behind tests, demo and command line.

`local_stack` starts them as processes of this machine, from Python packages alone. `find_stack` takes what there is:
servers named in the environment, else Docker, else local processes.
"""

from services.ops.stack.child import Part
from services.ops.stack.errors import StackError
from services.ops.stack.found import find_stack
from services.ops.stack.local import local_stack
from services.ops.stack.mail import Mail
from services.ops.stack.running import Stack
from services.ops.stack.secured import Security

__all__ = ["Mail", "Part", "Security", "Stack", "StackError", "find_stack", "local_stack"]
