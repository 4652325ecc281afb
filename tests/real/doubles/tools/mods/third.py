import second

TABLE = {"alpha": 1.5, "beta": 2.5, "gamma": 1 << 70, "delta": 3 + 4j}
READER = second.Reader()


def lookup(name, punctuation="?", *, fallback=("alpha", "beta", "gamma")):
    """The value of a name."""
    return TABLE.get(name) or [TABLE[key] for key in fallback]
