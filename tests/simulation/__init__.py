"""The whole system in one process, under a seeded scheduler and a simulated clock.

Two instances of each service work over the doubles of the chassis while seeded trouble befalls them: crashes
between any two steps, zombies, lost and late answers, outages, rebalances. Then the trouble ends, the system
settles, and the books are audited. The same seed gives the same run, step by step.

Read on: `loop` has the processes and the time, `wires` what lies between them and their servers, `world` composes
the system, `trouble` breaks it, `clients` use it, `oracle` and `books` judge what came of it, `running` is one run,
`planted` are deliberate faults that it has to find.
"""
