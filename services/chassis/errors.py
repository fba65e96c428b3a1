"""What can go wrong on the road, sorted by what has to be done about it."""


class Refusal(Exception):
    """End the process: its message is one sentence that says what is wrong and what to do."""


class WrongSetting(Refusal):
    """End the process: a variable is missing or wrong."""


class Unusable(Refusal):
    """End the process: Kafka or MongoDB cannot be used as they are."""


class LaneLost(Exception):
    """Close the lane: another owner has opened it."""


class StoreTrouble(Exception):
    """Look at the fence, then decide again: the transaction failed, or nobody knows whether it did."""


class Conflict(StoreTrouble):
    """Somebody else wrote one of the documents first."""


class FenceMissed(StoreTrouble):
    """The fence is not the one this lane last wrote."""


class TooMuchOutput(Exception):
    """Take fewer records: what they cause does not fit into a fence."""


class KafkaAway(Exception):
    """Try again later: Kafka has not answered in time. What was to be written may have been, or not."""
