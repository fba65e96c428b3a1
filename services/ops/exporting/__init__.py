"""`numberbank export`: `unfinished` is the file while it grows, `exporting` fills it, `progress` shows it."""
