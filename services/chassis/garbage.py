"""How often Python looks for garbage in circles."""

import gc


def look_seldom() -> None:
    """Call when all is there that lives as long as the process: to look at it again costs a tenth of the speed."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
