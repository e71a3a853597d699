"""Addresses that a user typed in never lead inside: not by number tricks, names, IPv6, redirects or a change between check and call."""

from __future__ import annotations

import http.server
import ipaddress
import socket
import threading
import urllib.request
from collections.abc import Iterator

import pytest
import requests

from dingke.core import outgoing
from dingke.core.errors import Invalid

INSIDE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_inside_addresses_are_not_reached(address):
    assert not outgoing.may_reach(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "120.232.65.1", "2400:3200::1", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public_addresses_are_reached(address):
    assert outgoing.may_reach(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://017700000001/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/",
        "http://127.0.0.1:8000@127.0.0.1/",
        "https://10.0.0.8/hook",
    ],  # fmt: skip
)
def test_a_form_refuses_them_early(url):
    with pytest.raises(Invalid):
        outgoing.check_address(url)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://1.1.1.1/", "ftp://1.1.1.1/", "1.1.1.1", "", "http://", "http://[::1", "dbus://"]
)
def test_only_http_is_called(url):
    with pytest.raises(Invalid):
        outgoing.check_address(url)


def test_a_name_counts_by_what_it_resolves_to(monkeypatch):
    answers = {"inside.example": ["127.0.0.1"], "both.example": ["1.1.1.1", "10.0.0.1"], "outside.example": ["1.1.1.1"]}

    def resolve(host, port, *args, **kwargs):
        if host not in answers:
            raise socket.gaierror(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers[host]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for host in ("inside.example", "both.example", "nowhere.example"):
        with pytest.raises(Invalid):
            outgoing.check_address(f"https://{host}/hook")
    outgoing.check_address("https://outside.example/hook")


def test_the_administrator_opens_hosts_networks_and_names(settings):
    settings.ALLOWED_PRIVATE_HOSTS = ["10.1.0.0/16", "[::1]", "localhost", "no-such-name.invalid"]
    allowed = outgoing.allowed_networks()
    assert outgoing.may_reach(ipaddress.ip_address("10.1.9.9"), allowed)
    assert not outgoing.may_reach(ipaddress.ip_address("10.2.0.1"), allowed)
    outgoing.check_address("http://localhost/")


# ---- the guard holds when the call is made -------------------------------------------------------------------------------


class _Redirecting(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/secret")
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def server() -> Iterator[http.server.HTTPServer]:
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Redirecting)
    made.asked = []
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
def test_no_library_reaches_inside(server, host):
    url = f"http://{host}:{server.server_port}/"
    with outgoing.guarded():
        with pytest.raises(requests.RequestException):
            requests.get(url, timeout=5)
        with pytest.raises(OSError, match=r"public|urlopen"):
            urllib.request.urlopen(url, timeout=5)
        with pytest.raises(outgoing.AddressNotAllowed):
            socket.socket().connect(("localhost", server.server_port))  # a name that nobody has resolved
        with pytest.raises(outgoing.AddressNotAllowed):
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))
        with pytest.raises(outgoing.AddressNotAllowed):
            socket.socket(socket.AF_UNIX).connect("/run/whatever.sock")
    assert server.asked == []
    assert requests.get(f"http://127.0.0.1:{server.server_port}/", timeout=5).status_code == 200  # outside the guard nothing changed


def test_a_name_that_changes_between_check_and_call_does_not_help(server, monkeypatch):
    monkeypatch.setattr(outgoing, "addresses_of", lambda host, port=None: [ipaddress.ip_address("1.1.1.1")])
    outgoing.check_address(f"http://localhost:{server.server_port}/")  # what the check saw
    with outgoing.guarded(), pytest.raises(requests.RequestException):
        requests.get(f"http://localhost:{server.server_port}/", timeout=5)  # where it leads now
    assert server.asked == []


def test_a_redirect_leads_nowhere_inside(server, settings, monkeypatch):
    monkeypatch.setattr(outgoing, "allowed_networks", lambda: (ipaddress.ip_network("127.0.0.1/32"),))
    monkeypatch.setattr(
        _Redirecting,
        "do_GET",
        lambda self: (self.send_response(302), self.send_header("Location", "http://127.0.0.2:9/"), self.end_headers()),
    )
    with outgoing.guarded(), pytest.raises(requests.RequestException, match="not a public address"):
        requests.get(f"http://127.0.0.1:{server.server_port}/away", timeout=5)


def test_the_guard_holds_one_thread_only_and_ends(server):
    found: list[int] = []
    with outgoing.guarded():
        thread = threading.Thread(
            target=lambda: found.append(requests.get(f"http://127.0.0.1:{server.server_port}/", timeout=5).status_code)
        )
        thread.start()
        thread.join()
    assert found == [200]
