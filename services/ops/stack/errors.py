"""The one error of the local stack."""


class StackError(Exception):
    """A part of the stack is missing or did not start; the message is a sentence that says what to do.

    When a server's own log explains it, the last lines of that log follow the sentence.
    """
