"""Faults planted into the models, one at a time: each has to be found, in the small form already."""

from typing import NamedTuple


class Planted(NamedTuple):
    """A fault: what is done wrong, and the form in which it shows."""

    form: str
    sentence: str


FAULTS = {
    # of the road
    "published-before-the-commit": Planted("handover", "A batch is published, and then committed."),
    "epoch-not-checked": Planted("handover", "The fence is matched by its batch alone."),
    "epoch-not-bumped": Planted("handover", "Taking a lane over leaves the epoch as it was."),
    "batch-not-checked": Planted("halving", "The fence is matched by its epoch alone."),
    "unknown-taken-for-abort": Planted("handover", "After trouble the batch is decided again without a look."),
    "unknown-taken-for-success": Planted("handover", "After an unknown result the batch is published without a look."),
    "loser-stays-closed": Planted("zombies", "A lane that lost its epoch does not open again."),
    "closed-lane-takes-on": Planted("handover", "A lane that lost its epoch goes on under the new one."),
    "idle-lane-never-looks": Planted("zombies", "A lane with nothing to do does not notice that it was lost."),
    "begins-where-the-group-is": Planted("handover", "A lane begins at the group's offset instead of its fence's."),
    "fence-not-published-again": Planted("timers", "Opening does not publish what the fence holds."),
    "noted-by-offset-alone": Planted("timers", "A fence counts as published when the group's offset has reached it."),
    "next-batch-not-held-back": Planted("handover", "The next batch is decided before the last one is published."),
    "seq-not-kept": Planted("astray", "Lanes do not drop what another lane has published twice."),
    "forwarded-executed-in-place": Planted("astray", "A command in the wrong lane is carried out there."),
    "forwarded-beside-the-fence": Planted(
        "astray", "A command in the wrong lane is passed on, but not held in the fence."
    ),
    "forwarded-counts-as-new": Planted("astray", "A forwarded command is as young as its forwarding."),
    "ids-not-remembered": Planted("astray", "A number does not remember which commands it has answered."),
    "strangers-left-behind": Planted("strangers", "Being added, a number forgets what it answered as a stranger."),
    "halved-rest-not-filtered": Planted("halving", "Halves are carried out although a late commit has covered them."),
    "gap-believed-at-once": Planted("halving", "Records that were lost on their way are skipped."),
    "batches-from-zero-when-rebuilt": Planted("rebuilt", "A rebuilt lane counts its batches from the beginning."),
    # of the saga
    "old-given-up-first": Planted("swaps", "A swap gives the old number up before the new one is confirmed."),
    "no-queue": Planted("swaps", "The requests of a subscription are carried out side by side."),
    "read-outside-the-transaction": Planted("swaps", "A subscription is read before its transaction begins."),
    "pending-not-with-the-command": Planted("swaps", "An answer may come before its command is remembered."),
    "rejection-not-awaited": Planted("swaps", "A swap takes any answer to be a confirmation."),
    "repeat-not-dropped": Planted("repeated", "A fact that billing repeats is carried out again."),
    "holds-not-told-apart": Planted("returns", "A reactivation takes numbers out of whatever hold they are in."),
    "not-level-with-inventory": Planted("by-hand", "An end is applied before the events of inventory are read."),
    "loss-not-remembered": Planted("returns", "An expiry forgets which numbers it took."),
}
