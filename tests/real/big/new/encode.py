import json


def dumps(x):
    return json.dumps(x)
