"""The least that each user must be allowed to do, derived from the contracts and from what services declare.

`users` says who needs what; `kafka` and `mongo` say it in the commands of the two servers; `page` writes it down.
"""
