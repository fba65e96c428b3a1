"""How much processor a running process has used."""

import os
from pathlib import Path


def cpu_seconds(pid: int) -> float | None:
    """Give the time in user and kernel mode of a process, None where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return None
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
