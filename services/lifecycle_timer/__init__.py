"""lifecycle-timer knows when a hold ends: it warns before, and asks for the end on time.

Reads `inventory.events`, which carry every hold whole, and `lifecycle.events`, its own words, to know
after a loss of its database what people have been told. Publishes `hold.expiring` and `hold.expired`
on `lifecycle.events`, and asks with `number.expire` on `inventory.commands`. Owns `timers`, one for each
number whose hold has an end, and `told`, the ids of notices that are out.

Read on: `domain` says what a timer does when its hold changes and when it is due, `store` how timers
are kept, `handlers` how events are followed and timers fired, `app` what it is made of.
"""
