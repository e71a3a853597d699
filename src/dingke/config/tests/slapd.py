"""A real directory server of the tests' own: its configuration, data and port in a temporary folder, gone with it."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BASE = "dc=dingxin,dc=example"
PEOPLE = f"ou=people,{BASE}"
READER, PASSWORD = f"cn=reader,{BASE}", "reads-only-1"
SLAPD = shutil.which("slapd", path="/usr/sbin:/usr/lib/openldap:/usr/local/sbin:/usr/bin")
Item = tuple[str, Mapping[str, str | list[str]]]


def _line(name: str, value: str) -> str:
    return f"{name}:: {base64.b64encode(value.encode()).decode()}" if not value.isascii() or value[:1] in " :<" else f"{name}: {value}"


def ldif(items: Iterable[Item]) -> str:
    blocks = []
    for dn, facts in items:
        lines = [_line("dn", dn)]
        lines += [_line(name, value) for name, values in facts.items() for value in ([values] if isinstance(values, str) else values)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def unit(name: str, above: str = PEOPLE) -> Item:
    return f"ou={name},{above}", {"objectClass": "organizationalUnit", "ou": name.replace("\\", "")}


def person(uid: str, name: str, above: str = PEOPLE, rdn: str = "", **facts: str) -> Item:
    kinds = ["inetOrgPerson", *(["shadowAccount"] if "shadowExpire" in facts else [])]
    about: dict[str, str | list[str]] = {
        "objectClass": kinds,
        "uid": uid,
        "cn": name,
        "sn": name[:1],
        "mail": f"{uid}@dingxin.example",
        **facts,
    }
    return f"{rdn or f'uid={uid}'},{above}", {key: value for key, value in about.items() if value}


def group(name: str, members: list[str]) -> Item:
    return f"cn={name},ou=groups,{BASE}", {"objectClass": "groupOfNames", "cn": name, "member": members}


def company() -> list[Item]:
    """Some thirty people: Chinese names and units, a comma in a unit's name, one without mail, two that are disabled."""
    east, first, comma = f"ou=华东,{PEOPLE}", f"ou=一部,ou=华东,{PEOPLE}", f"ou=Key Accounts\\, North,{PEOPLE}"
    items = [unit("people", BASE), unit("groups", BASE), unit("华东"), unit("一部", east), unit("Key Accounts\\, North")]
    items += [
        person("zhoumin", "周敏", first, mobile="13900000001", title="大客户经理"),
        person("hechuan", "何川", first, manager=f"uid=zhoumin,{first}"),
        person("xuwenjing", "许文静", east, mail=""),
        person("berg", "Berg, Anna", comma, rdn="cn=Berg\\, Anna"),
        person("gone", "孙离", east, shadowExpire="1"),
        person("locked", "钱锁", east, pwdAccountLockedTime="000001010000Z"),
    ]
    items += [person(f"rep{number:02}", f"业务{number:02}", first) for number in range(24)]
    items += [group("kam", [f"uid=zhoumin,{first}"]), group("战区一", [f"uid=hechuan,{first}", f"uid=zhoumin,{first}"])]
    return items


class Slapd:
    def __init__(self, folder: Path, items: Iterable[Item]) -> None:
        self.folder, self.port, self.tls_port = folder, _free_port(), _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir()
        _certificate(folder)
        modules = next(
            (path for path in ("/usr/lib/ldap", "/usr/lib/openldap", "/usr/lib64/openldap") if Path(path).is_dir()), "/usr/lib/ldap"
        )
        schema = next(path for path in ("/etc/ldap/schema", "/etc/openldap/schema") if Path(path).is_dir())
        (folder / "slapd.conf").write_text(
            "\n".join(
                [
                    *(f"include {schema}/{name}.schema" for name in ("core", "cosine", "nis", "inetorgperson")),
                    f"modulepath {modules}",
                    "moduleload back_mdb",
                    "moduleload ppolicy",
                    f"pidfile {folder}/slapd.pid",
                    f"TLSCACertificateFile {folder}/ca.pem",
                    f"TLSCertificateFile {folder}/server.pem",
                    f"TLSCertificateKeyFile {folder}/server.key",
                    "database mdb",
                    "overlay ppolicy",
                    f'suffix "{BASE}"',
                    f'rootdn "{READER}"',
                    f"rootpw {PASSWORD}",
                    f"directory {folder}/data",
                    "maxsize 268435456",
                    "sizelimit size.soft=200 size.hard=400 size.pr=500 size.prtotal=unlimited",
                    "access to * by anonymous auth by users read",
                ]
            )
            + "\n"
        )
        # a copy: some systems let the installed program read its own folders only
        self.program = folder / "slapd"
        shutil.copy(SLAPD or "slapd", self.program)
        self.load([(BASE, {"objectClass": ["dcObject", "organization"], "o": "鼎新", "dc": "dingxin"}), *items])

    def load(self, items: Iterable[Item]) -> None:
        done = subprocess.run(
            [self.program, "-Tadd", "-q", "-f", self.folder / "slapd.conf"], input=ldif(items).encode(), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()

    def change(self, text: str) -> None:
        """Changes entries while it runs, in LDIF."""
        done = subprocess.run(
            ["ldapmodify", "-x", "-H", self.url, "-D", READER, "-w", PASSWORD], input=text.encode(), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def start(self) -> None:
        addresses = f"{self.url}/ {self.tls_url}/"
        self.process = subprocess.Popen(
            [self.program, "-f", self.folder / "slapd.conf", "-h", addresses, "-d", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _turn in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.tls_port)) == 0:
                    return
            assert self.process.poll() is None, "slapd did not start"
            time.sleep(0.02)
        raise AssertionError("slapd does not answer")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _certificate(folder: Path) -> None:
    """An authority of one's own and a certificate of it for 127.0.0.1."""
    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Dingxin tests")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])

    def signed(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, is_ca: bool) -> bytes:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(ca_name).public_key(public)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))
        builder = builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        if not is_ca:
            address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            builder = builder.add_extension(x509.SubjectAlternativeName([address, x509.DNSName("127.0.0.1")]), critical=False)
        return builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    (folder / "ca.pem").write_bytes(signed(ca_name, ca_key.public_key(), is_ca=True))
    (folder / "server.pem").write_bytes(signed(name, key.public_key(), is_ca=False))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
