"""A confined job: it reaches the data that was pulled for it, the mirror, and nothing else.

`launching` starts the job in a process that `inside` locks in, and lets it begin once the job's
own process has knocked at the way out. `gate` is the one way that is left, to the mirror.
"""
