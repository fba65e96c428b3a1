"""`numberbank import` and `numberbank jobs`: `ordering` makes jobs, `telling` shows them, `watching` waits for them."""
