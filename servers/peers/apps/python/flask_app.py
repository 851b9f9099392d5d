"""The probe app on Flask."""

from flask import Flask, Response, request

from probe import Probe

app = Flask(__name__)
probe = Probe("flask")


def request_id() -> str:
    return request.headers.get("x-hupspec-id", "")


def view() -> Response:
    answer = probe.serve(request.method, request.path, request_id(), request.args, request.stream)
    return Response(answer.body, answer.status, content_type=answer.content_type)


for method, path in probe.routes:
    app.add_url_rule(path, view_func=view, methods=[method])


@app.after_request
def identify(response: Response) -> Response:
    response.headers.update(probe.headers(request_id()))
    return response
