"""Exports: what any search finds, as a stream of bytes.

`columns` is a number as one flat row, `cells` keeps spreadsheets from taking text for formulas, `walk` goes through
what is found by number, `formats` has the writers by name; each writes to any binary stream.
"""
