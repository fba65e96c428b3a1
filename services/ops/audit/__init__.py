"""The books of the bank examined: what topics say, compared with each other and with MongoDB.

`standing` is how far the services were when it began, `log` reads the topics one partition at a time, `ahead` what
was asked side by side with what was answered,
`findings` is what comes out. The rules: `questions` (each answered once), `history` with `change`, `transitions` and
`restoring` (what may happen to a number), `notices` (what people are told), `outbox` (what fences hold was
published), `documents` and `views` (MongoDB says what the events say: inventory, and the gateway). `auditing` joins
them.

It may run while the services work. They are looked at first, the topics' ends are taken after that, from
the last topic in the chain to the first; so an answer that is due is there, and nothing is judged that may
still be on its way.
"""
