"""Faults by the hundred, on real processes under load; then everything that was promised is checked.

Read in this order: `plan` (which fault when), `faults` (what each does), `servers` and `proxy` (what they are done to),
`supervisor` (who restarts services), `load` and `ledger` (what is asked meanwhile, and was promised), `pulse` (how
long recovery takes), `checks` (what must hold at the end), `run` (all of it together), `overload`.
"""
