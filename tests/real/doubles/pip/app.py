import flask
import numpy
import requests

app = flask.Flask(__name__)


@app.get("/")
def index():
    return {"numpy": numpy.__version__, "requests": requests.__version__}
