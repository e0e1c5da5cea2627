"""Learning from what went wrong: a queue of questions to look at, and what people add so that they are read.

The queue is in the state store and forgets; what is added is a file in the home, read by every running process at
its next question, and checked by `souk verify` from then on.
"""
