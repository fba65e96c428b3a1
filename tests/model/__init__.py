"""The protocol as small models whose every state is explored: where a change of the protocol begins.

Read `world` and `lane` for the road, `requests` and `saga` for swaps. To change how lanes take over, commit, publish or
forward, or how a subscription's requests follow each other:

1. change the model first, under the name that the code uses, and run `make model`; a counterexample is a list of steps;
2. add to `faults` what the change must not become, and see that it is found;
3. change `services/chassis` or `services/provisioning/domain`, then `tests/road`.

The models leave out what the promise does not hang on: what a command means, bytes, time. They take for granted that
MongoDB's transactions are serial for one document, that the broker keeps what it has acknowledged, that a gap is not
lost twice in a row, and that clients repeat nothing older than the window of ids.
"""
