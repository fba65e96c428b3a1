"""The road that messages travel inside every service, written once.

It knows Kafka and MongoDB and has never heard of a telephone number. Read in this order:
`records` (what travels), `ports` (what it needs of a broker and a store, and `memory`, the doubles),
`work` (what a handler sees), `reading` (bytes to messages), `fence`, `lane`, `road`, then the real
parts `kafka` and `mongo`, and `service`, which puts them together.
"""
