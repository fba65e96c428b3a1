"""notification tells people by mail of holds that end.

Reads `billing.accounts` for addresses and `lifecycle.events` for what there is to tell. Publishes on
`notification.events` what the mail server took, and what could not be sent. Owns `accounts`, `digests`
(notices that wait to become one mail), `mails` (each under its Message-ID until the server has taken or
refused it), `unaddressed` (notices for whom no address is known yet) and `heard` (ids of notices).

Read on: `domain` says who is told what, `store` how it is kept, `handlers` how notices and accounts are
taken in, `delivery` how digests become mails and mails are sent, `letters` and `templates` how they read,
`mailer` how they reach the server, `app` what it is made of.
"""
