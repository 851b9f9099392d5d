"""The probe app on Django, settings, routes and views in one file."""

from collections.abc import Callable

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path

from probe import Probe

probe = Probe("django")


def view(request: WSGIRequest) -> HttpResponseBase:
    if (request.method, request.path) not in probe.routes:
        return HttpResponseNotAllowed([method for method, route in probe.routes if route == request.path])
    # Django's own stream ends at Content-Length, which a chunked upload does not have; the server's ends at the body.
    body = request.environ["wsgi.input"]
    answer = probe.serve(request.method, request.path, request_id(request), request.GET, body)
    if not isinstance(answer.body, bytes):
        return StreamingHttpResponse(answer.body, answer.content_type, answer.status)
    headers = {"Content-Length": str(len(answer.body))}
    return HttpResponse(answer.body, answer.content_type, answer.status, headers=headers)


def identify(get_response: Callable) -> Callable:
    """Middleware: every answer says who gave it."""

    def middleware(request: WSGIRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in probe.headers(request_id(request)).items():
            response[name] = value
        return response

    return middleware


def request_id(request: WSGIRequest) -> str:
    return request.headers.get("x-hupspec-id", "")


urlpatterns = [path(route.lstrip("/"), view) for route in dict.fromkeys(route for _, route in probe.routes)]

settings.configure(
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[f"{__name__}.identify"],
    ROOT_URLCONF=__name__,
    # Django's own records would stand between those of the contract, in another format.
    LOGGING_CONFIG=None,
)
app = get_wsgi_application()
