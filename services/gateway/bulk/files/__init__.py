"""Files as streams of rows, in constant memory.

`lines` are those of a text, `table` and `objects` what CSV and JSON Lines make of them, `parquet` has columns with
types, and is read `apart`; `reading` turns what they give into rows of a verb, and `seen` finds numbers that come
twice.
"""
