"""The language model as a second reader: it quotes the question and names keys; everything else stays ours.

It is asked only what the grammar could not read. It never sees a row of data, writes no date and no number, and
what it returns is a closed form that is resolved, validated and compiled like any other reading.
"""

from queries.llm.reader import LlmReader, LlmSettings

__all__ = ["LlmReader", "LlmSettings"]
