"""The gateway is the read side of the number desk: it finds numbers, and decides nothing.

Reads `inventory.events` into views: `catalogue`, one document for each number, indexed for the questions that people
ask; `counts`, how many numbers there are of each sort; `history`, one document for each change; and `outcomes`, what
became of the gateway's own commands. Every change still goes through `inventory.commands`.

Read on: `domain` says what can be asked, what a pattern and a grade are, `store` how views are kept, `handlers` how
they follow the events, `finding` and `past` how they are searched, `bulk` how files of numbers
become jobs, `http` how programs ask, `app` what it is made of.
"""
