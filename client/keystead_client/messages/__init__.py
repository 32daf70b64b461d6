"""What a person reads, by message id, with its English source: one table a part of the program.

What stands in braces is filled in. Nothing here names a status code, a file or a word of the wire.
"""
