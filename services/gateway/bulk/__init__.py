"""Many numbers at once: files become jobs, jobs become commands, answers become results.

`files` reads rows, `foreseeing` says what would become of them, `submitting` stores them as a job; `jobs` and `chunks`
are how that is kept. `runner` takes jobs, `carrying` carries one out, `results` tells what became of each row, and
`undoing` turns that into the job that takes it back.
"""
