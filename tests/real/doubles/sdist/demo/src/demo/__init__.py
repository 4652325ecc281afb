from .fast import twice


def main():
    print(twice(21))
