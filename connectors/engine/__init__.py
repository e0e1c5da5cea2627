"""The sync engine: the one place that sleeps, retries, opens transactions and logs.

A platform folder declares *what* is read (`stream.py` has the words for it); the rooms beside it say *how*:
`http` sends, `tokens` refreshes, `walk` pages, `load` writes rows and checkpoint together, `sync` runs all.
"""
