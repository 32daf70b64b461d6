"""``keystead demo``: the whole story on this machine, with real processes and real time travel.

`stage` puts up a stub and a daemon of its own, `device` and `backend` are the two sides of the
story, `story` is what happens and what must hold, `telling` is how it reads.
"""
