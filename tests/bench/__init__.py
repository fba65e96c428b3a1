"""How fast the system is, always as a ratio within one run: to what this machine allows, to what one would write first.

Read on: `races` has one module for each question, `figures` what an answer is, `track` what a race is given,
`processes` and `waiting` how services are run and watched, `report`, `plot` and `saving` how answers are shown.
"""
