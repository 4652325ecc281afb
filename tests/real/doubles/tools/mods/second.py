NAMES = ("alpha", "beta", "gamma")


class Reader:
    def greet(self, name="world", punctuation="!"):
        return [name for name in NAMES if name != punctuation]

    def read(self, path):
        with open(path) as lines:
            return {line.strip(): (1000, "shared constant") for line in lines}
