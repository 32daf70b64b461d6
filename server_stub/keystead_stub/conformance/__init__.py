"""Does a backend keep the specification? A client that knows its URL and a profile, and no more.

Nothing of the stub's server is imported here: what is checked may be written in any language.
"""
