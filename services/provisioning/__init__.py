"""Provisioning: turns what billing says of subscriptions into commands to inventory, and answers.

Owns: the subscriptions, one request of each at a time, and a projection of the numbers that they have.
Reads: `billing.events`, `provisioning.commands`, and from `inventory.events` both the answers to its
commands and the state of the numbers. Publishes: `inventory.commands`, `provisioning.events`.
"""
