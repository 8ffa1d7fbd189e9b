"""A server of one network's explorer, on loopback only.

It has a few answers, all made beforehand: nothing of a request names a file. Requests of other
origins, for other hosts, or of absurd length are refused.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from polyseme.common.extras import import_starlette, import_uvicorn
from polyseme.errors import PolysemeError
from polyseme.explorer.page import explorer_files, served_page
from polyseme.networks.network import Network

LOOPBACK = "127.0.0.1"
HOSTS = ("127.0.0.1", "localhost")
_LONGEST = 1000
_WHAT = "polyseme explore"


def explorer_app(network: Network, beside: Network | None = None) -> Any:
    """Return an ASGI application that serves the explorer of a network, and another beside it.

    Raises:
        MissingExtraError: starlette is not installed.
        OptionError: The other network has other features or none of the outputs.
    """
    import_starlette(_WHAT)
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    page, rule = served_page(beside is not None)
    answers = {
        f"/{name}.bin": (data, "application/octet-stream")
        for name, data in explorer_files(network, beside).items()
    }
    answers["/"] = (page.encode(), "text/html; charset=utf-8")
    headers = {
        "Content-Security-Policy": f"{rule}; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }

    async def answer(request: Request) -> Response:
        refused = refusal(request.url.path, request.url.query, request.headers)
        if refused is not None:
            return PlainTextResponse(refused[1], refused[0], headers)
        found = answers.get(request.url.path)
        if found is None or not found[0]:
            return PlainTextResponse("there is no such page", 404, headers)
        return Response(found[0], 200, headers, found[1])

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET"])])


def refusal(path: str, query: str, headers: Any) -> tuple[int, str] | None:
    """Return status and reason if a request is refused, else None."""
    if len(path) + len(query) > _LONGEST:
        return 414, "the address is too long"
    host = headers.get("host", "")
    if host.rsplit(":", 1)[0] not in HOSTS:
        return 421, "this is another host"
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return 403, "this is another origin"
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return 403, "this is another site"
    return None


def serve(
    network: Network, port: int, ready: Callable[[str], None], beside: Network | None = None
) -> None:
    """Serve the explorer of a network on loopback until it is interrupted.

    Args:
        network: The network.
        port: The port, or 0 for one that is free.
        ready: Called with the address once requests can be made.
        beside: Another network of the same circuit.

    Raises:
        MissingExtraError: starlette or uvicorn is not installed.
        OptionError: The other network has other features or none of the outputs.
        PolysemeError: The port is taken.
    """
    uvicorn = import_uvicorn(_WHAT)
    app = explorer_app(network, beside)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        # Whoever asks before the server runs waits instead of being refused.
        listener.listen()
    except OSError as error:
        listener.close()
        raise PolysemeError(f"port {port} cannot be used: {error.strerror}") from None
    ready(f"http://{LOOPBACK}:{listener.getsockname()[1]}/")
    config = uvicorn.Config(
        app,
        log_level="error",
        server_header=False,
        lifespan="off",
        # A page that holds its connection open must not keep the server from ending.
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[listener])
