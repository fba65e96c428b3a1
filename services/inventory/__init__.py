"""Inventory owns the state of every number, and decides.

Reads `inventory.commands`, one lane for each partition, so that a number has one order and one
writer. Publishes `inventory.events`: exactly one answer per command, either the whole number after
the change or `command.rejected`. Keeps `numbers` (the present state, `_id` is the number) and
`strangers` (which commands were answered about numbers that are not in the bank).

Read on: `domain` says what is allowed and what follows, `store` how numbers are kept, `handlers`
how a batch is decided, `app` what it is made of.
"""
