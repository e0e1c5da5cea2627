"""Privacy: settings as rows that are enforced, guards, registers, and the rights of the people in the data.

One module, one duty:
    files, rows, decisions   the YAML settings, their types, and how they come into schema `privacy`
    viewers, members         who may see what, where; who has which role
    guards, tripwire, overlap, accesslog   what an answer is checked against, and what is noted about it
    retention, requests, erasure           what leaves, when, and at whose request
    clocks, incidents, registers, sharing, report   duties with dates, and what people keep records of
"""
