import collections

NAMES = ("alpha", "beta", "gamma")
PAIR = (1000, "shared constant")


class Greeter:
    def greet(self, name="world", punctuation="!"):
        return "hello " + name + punctuation

    def pair(self):
        return (1000, "shared constant", collections.OrderedDict)


def main():
    print(Greeter().greet())
