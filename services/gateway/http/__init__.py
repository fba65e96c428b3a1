"""The HTTP edge of the gateway: the number desk for programs, under `/v1`.

It decides nothing: what it shows comes from the views, and every change goes as a command to inventory.

Read on: `edge` is the server, `api` puts together what is offered, `guard` and `admission` are what requests pass,
`desk` what all answers share, `commanding` how commands are sent once, `waiting` how their outcomes are awaited.
Then what is offered, a file each: `searching`, `numbers`, `adding`, `actions`, `outcomes`, `exporting`, `changes`,
`keys`; `streaming` is how an answer comes in parts, `problems` are the answers that say what is wrong.
"""
