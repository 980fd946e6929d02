"""A static podkeeper in an empty root, as a container from scratch has it: its version, names, and certificates.

    python3 tests/acceptance/empty_root.py PODKEEPER

It runs as root, on loopback only: a name server at 127.0.0.1:53 and a web server at 127.0.0.1:443, of invented names, with
a certificate authority of their own. What is in the root beside the program is what the container has: one file of
certificates and a resolv.conf.
"""

import http.server
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

HOST = "docs.example.com"


def serve_names():
    """Answers 127.0.0.1 for HOST, and no such name for every other."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def answer():
        while True:
            query, client = server.recvfrom(512)
            end = query.index(b"\0", 12) + 1
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1 : at + 1 + query[at]].decode())
                at += query[at] + 1
            question = query[12 : end + 4]
            known = ".".join(labels).lower() == HOST
            is_ipv4 = query[end : end + 2] == b"\x00\x01"
            count = 1 if known and is_ipv4 else 0
            flags = b"\x81\x80" if known else b"\x81\x83"
            record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x7f\x00\x00\x01" if count else b""
            head = query[:2] + flags + b"\x00\x01" + bytes([0, count]) + b"\x00\x00\x00\x00"
            server.sendto(head + question + record, client)

    threading.Thread(target=answer, daemon=True).start()


def serve_web(folder):
    """An HTTPS server whose certificate an authority of its own has signed; gives the authority's certificate."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=folder, stderr=subprocess.DEVNULL)

    (folder / "names").write_text(f"subjectAltName=DNS:{HOST}\n")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority", "-days", "2")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "web.key", "-out", "web.csr", "-subj", f"/CN={HOST}")
    openssl("x509", "-req", "-in", "web.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "web.pem", "-days", "2", "-extfile", "names")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "web.pem", folder / "web.key")

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<h1>Here</h1>")

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), Page)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return folder / "ca.pem"


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        root = folder / "root"
        certificates = root / "etc/ssl/certs/ca-certificates.crt"
        certificates.parent.mkdir(parents=True)
        shutil.copy(program, root / "podkeeper")
        (root / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
        (root / "page.md").write_text(f"[there](https://{HOST}/)\n\n[not there](https://nowhere.example.com/)\n")

        def run(*arguments):
            command = ["/podkeeper", *arguments]
            enter = lambda: (os.chroot(root), os.chdir("/"))
            return subprocess.run(command, executable="/podkeeper", preexec_fn=enter, env={}, capture_output=True, text=True, timeout=60)

        version = run("--version")
        assert version.returncode == 0 and version.stdout.startswith("podkeeper "), version
        print(f"{version.stdout.strip()}: starts with nothing around it")

        serve_names()
        authority = serve_web(folder)

        def check():
            return run("check", "page.md", "--allow-address", "127.0.0.0/8", "--format", "json")

        shutil.copy(authority, certificates)
        checked = check()
        found = {one["url"]: (one["verdict"], one["reason"]) for one in json.loads(checked.stdout)["observations"]}
        assert found[f"https://{HOST}/"][0] == "alive", (found, checked.stderr)
        assert found["https://nowhere.example.com/"][0] != "alive", found
        print(f"finds {HOST} through resolv.conf, believes its certificate, and says of a name that is none: {found['https://nowhere.example.com/'][1]}")

        certificates.unlink()
        checked = check()
        assert checked.returncode == 2 and "ca-certificates" in checked.stderr, checked
        print(f"without the file of certificates it says: {checked.stderr.strip()}")


if __name__ == "__main__":
    main(sys.argv[1])
