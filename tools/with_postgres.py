"""Runs a command with DINGKE_DATABASE_URL set to a private PostgreSQL cluster that lives only as long as the command."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from system_packages import postgres_folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(command: list[str]) -> int:
    binaries = postgres_folder()
    if binaries is None or not command:
        print("usage: with_postgres.py COMMAND …  (needs a PostgreSQL server: make system-packages)")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="dingke-postgres-", dir="/tmp"))
    as_server: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_server = ["runuser", "-u", "postgres", "--"]
    data, port = folder / "data", free_port()
    quiet = {"stdout": subprocess.DEVNULL, "cwd": "/tmp"}
    subprocess.run(
        [
            *as_server,
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "dingke",
            "-A",
            "trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        check=True,
        **quiet,
    )
    settings = [
        f"port={port}",
        f"unix_socket_directories={folder}",
        "listen_addresses=127.0.0.1",
        "fsync=off",
        "full_page_writes=off",
        "synchronous_commit=off",
        "max_connections=100",
        "shared_buffers=256MB",
    ]
    server = subprocess.Popen(
        [*as_server, str(binaries / "postgres"), "-D", str(data), *(part for setting in settings for part in ("-c", setting))],
        stderr=(folder / "log").open("w"),
        **quiet,
    )
    try:
        for _attempt in range(300):
            ready = subprocess.run([str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)], check=False)
            if ready.returncode == 0:
                break
            if server.poll() is not None:
                print((folder / "log").read_text()[-2000:])
                return 1
            time.sleep(0.1)
        url = f"postgresql://dingke@127.0.0.1:{port}/postgres"
        return subprocess.run(command, env={**os.environ, "DINGKE_DATABASE_URL": url}, check=False).returncode
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
