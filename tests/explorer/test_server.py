"""The explorer's server: loopback, its own origin, four addresses and no others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import polyseme as ps
from polyseme.errors import PolysemeError
from polyseme.explorer.server import explorer_app, refusal, serve
from polyseme.explorer.view import network_data

pytest.importorskip("starlette")
HOST = "127.0.0.1:8000"


@pytest.fixture(scope="module")
def app() -> Any:
    circuit = ps.build_circuit("ab", [(ps.GateKind.AND, (0, 1))], [2])
    return explorer_app(ps.compile(circuit, active=2))


def asked(app: Any, path: str, method: str = "GET", query: str = "", **headers: str) -> Any:
    """Return status, headers and body of an answer."""
    given = {"host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], head, b"".join(one.get("body", b"") for one in sent[1:])


def test_the_page_and_its_data_are_served_with_a_strict_policy(app):
    for path in ("/", "/network.bin", "/view.bin"):
        status, head, body = asked(app, path)
        assert status == 200
        assert body
        assert "unsafe" not in head["content-security-policy"]
        assert "frame-ancestors 'none'" in head["content-security-policy"]
        assert head["x-content-type-options"] == "nosniff"


def test_the_network_is_served_byte_for_byte():
    circuit = ps.build_circuit("ab", [(ps.GateKind.AND, (0, 1))], [2])
    network = ps.compile(circuit, active=2)
    assert asked(explorer_app(network), "/network.bin")[2] == network_data(network)


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/static/../../errors.py",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/network.bin/..",
        "/network.bin%00",
        "/runner.js",
        "/index.html",
    ],
)
def test_a_path_that_is_none_of_ours_is_not_found(app, path):
    assert asked(app, path)[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example:8000"}, 421),
        ({"host": ""}, 421),
        ({"host": HOST, "origin": "http://evil.example"}, 403),
        ({"host": HOST, "origin": "null"}, 403),
        ({"host": HOST, "origin": "http://127.0.0.1:9"}, 403),
        ({"host": HOST, "sec-fetch-site": "cross-site"}, 403),
        ({"host": HOST, "sec-fetch-site": "same-site"}, 403),
    ],
)
def test_requests_of_others_are_refused(headers, status):
    found = refusal("/", "", headers)
    assert found is not None
    assert found[0] == status


@pytest.mark.parametrize(
    "headers",
    [
        {"host": HOST},
        {"host": "localhost:8000"},
        {"host": "localhost"},
        {"host": HOST, "origin": f"http://{HOST}"},
        {"host": HOST, "sec-fetch-site": "same-origin"},
        {"host": HOST, "sec-fetch-site": "none"},
    ],
)
def test_requests_of_the_page_are_not(headers):
    assert refusal("/", "", headers) is None


def test_other_origins_and_long_addresses_get_nothing(app):
    status, _, body = asked(app, "/network.bin", origin="http://evil.example")
    assert (status, body) == (403, b"this is another origin")
    assert asked(app, "/", query="x" * 2000)[0] == 414
    assert asked(app, "/" + "x" * 2000)[0] == 414


def test_only_reading_is_allowed(app):
    for method in ("POST", "PUT", "DELETE"):
        assert asked(app, "/", method)[0] == 405


def test_a_port_that_is_taken_is_named():
    import socket

    circuit = ps.build_circuit("ab", [(ps.GateKind.AND, (0, 1))], [2])
    network = ps.compile(circuit, active=2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PolysemeError, match=f"port {port} cannot be used"):
            serve(network, port, lambda _: None)
