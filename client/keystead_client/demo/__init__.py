"""``keystead demo``: a checked run through paying, working offline and cancelling.

`environment` starts a stub and a daemon, `device` and `backend` are the two sides, `script` is what
happens and what must hold, `output` prints it. Processes are real, and both clocks can be advanced.
"""
