"""The doors to the outside: storage, queue, fetcher, parser, clock; and the values that pass them.

Deciding code sees these Protocols, never an adapter. One contract suite per port runs over every adapter.
"""
