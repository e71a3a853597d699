"""A company's SAML server for the tests, made of pysaml2: `python -m dingke.people.tests.saml_server PORT FOLDER SP_METADATA`.

`/metadata` describes it. `/sso` asks who comes (`who`) and in what shape the answer goes back (`how`), and answers with a form that
posts to the address the request names. Keys are made anew in FOLDER.
"""

from __future__ import annotations

import datetime
import html
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

PEOPLE = {
    "known": {"mail": "ADMIN@example.com", "displayName": "管理员"},
    "stranger": {"mail": "stranger@example.com", "displayName": "生人"},
    "mailless": {"displayName": "无邮箱"},
}


def make_key(folder: Path, name: str, *, days: int = 365) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    certificate = built.not_valid_after(now + datetime.timedelta(days=days)).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    (folder / f"{name}.key").write_bytes(text)
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


@contextmanager
def running(folder: Path, sp_metadata: Path, port: int) -> Iterator[str]:
    """The server in its own process; gives its address. By another host name than the product's tests, so that it is another site."""
    command = [sys.executable, "-W", "ignore", "-m", "dingke.people.tests.saml_server", str(port), str(folder), str(sp_metadata)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    url = f"http://localhost:{port}"
    try:
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/metadata", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


class Company:
    def __init__(self, port: int, folder: Path, sp_metadata: Path) -> None:
        self.url, self.folder, self.sp_metadata = f"http://localhost:{port}", folder, sp_metadata
        for name in ("own", "other"):
            if not (folder / f"{name}.key").exists():
                make_key(folder, name)
        self.servers = {"": self.server("own"), "other_key": self.server("other"), "expired": self.server("own", minutes=-30)}

    def server(self, key: str, minutes: int = 15) -> Any:
        from saml2 import BINDING_HTTP_REDIRECT
        from saml2.config import IdPConfig
        from saml2.saml import NAME_FORMAT_URI
        from saml2.server import Server

        policy = {"lifetime": {"minutes": minutes}, "attribute_restrictions": None, "name_form": NAME_FORMAT_URI}
        idp = {"endpoints": {"single_sign_on_service": [(self.url + "/sso", BINDING_HTTP_REDIRECT)]}, "policy": {"default": policy}}
        described = {
            "entityid": self.url + "/metadata",
            "xmlsec_binary": shutil.which("xmlsec1"),
            "key_file": str(self.folder / f"{key}.key"),
            "cert_file": str(self.folder / f"{key}.pem"),
            "service": {"idp": idp},
            "metadata": {"local": [str(self.sp_metadata)]},
        }
        return Server(config=IdPConfig().load(described))

    def metadata(self) -> str:
        from saml2.metadata import entity_descriptor

        return str(entity_descriptor(self.servers[""].config))

    def answer(self, asked: str, who: str, how: str) -> tuple[str, str]:
        """(where to post, the answer)."""
        from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, saml
        from saml2.xmldsig import DIGEST_SHA1, DIGEST_SHA256, SIG_RSA_SHA1, SIG_RSA_SHA256

        server = self.servers.get(how, self.servers[""])
        request = server.parse_authn_request(asked, BINDING_HTTP_REDIRECT).message
        told = server.response_args(request, bindings=[BINDING_HTTP_POST])
        kind = {"transient": saml.NAMEID_FORMAT_TRANSIENT, "mail": saml.NAMEID_FORMAT_EMAILADDRESS}.get(how, saml.NAMEID_FORMAT_PERSISTENT)
        mail = PEOPLE[who].get("mail", "")
        text = {"transient": f"t-{time.monotonic_ns()}", "mail": mail}.get(how, f"id-{who}")
        old = how == "sha1"
        made = server.create_authn_response(
            {} if how == "mail" else dict(PEOPLE[who]),
            in_response_to=None if how == "portal" else told["in_response_to"],
            destination=told["destination"],
            sp_entity_id="https://elsewhere.example.com/metadata" if how == "other_audience" else told["sp_entity_id"],
            name_id=saml.NameID(format=kind, text=text),
            authn={"class_ref": saml.AUTHN_PASSWORD_PROTECTED, "authn_auth": self.url},
            sign_assertion=how not in {"unsigned", "message_only"},
            sign_response=how == "message_only",
            sign_alg=SIG_RSA_SHA1 if old else SIG_RSA_SHA256,
            digest_alg=DIGEST_SHA1 if old else DIGEST_SHA256,
        )
        return told["destination"], str(made)


def serve(port: int, folder: Path, sp_metadata: Path) -> None:
    import base64

    company = Company(port, folder, sp_metadata)

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            if parts.path == "/metadata":
                self.say(company.metadata(), "application/xml")
            elif "who" not in query:
                links = "".join(f'<p><a href="/sso?{html.escape(urlencode({**query, "who": who}))}">{who}</a></p>' for who in PEOPLE)
                self.say(f"<title>Example IdP</title>{links}")
            else:
                where, xml = company.answer(query["SAMLRequest"], query["who"], query.get("how", ""))
                said = base64.b64encode(xml.encode()).decode()
                relay = html.escape(query.get("RelayState", ""))
                fields = f'<input name="SAMLResponse" value="{said}"><input name="RelayState" value="{relay}">'
                self.say(
                    f'<title>Example IdP</title><form method="post" action="{html.escape(where)}">{fields}<button>Go on</button></form>'
                )

        def say(self, text: str, kind: str = "text/html") -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_arguments: Any) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Door).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
