"""Pages of a server on loopback, with the answer for each link to them by construction.

The server speaks HTTP/1.1 by hand, because half of what it has to show is what a library would not let it say.
"""

import shutil
import socket
import socketserver
import threading

from rows import Row

PAGE = b"<!doctype html><title>A page</title><h1 id=there>There</h1><p id=second>x</p>"


def answer(status, headers=(), body=PAGE, kind="text/html; charset=utf-8"):
    head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*head, *headers, "", ""]).encode("utf-8") + body


def redirect(status, to, *headers):
    return answer(f"{status} Elsewhere", [f"Location: {to}", *headers], b"")


def cookie_gate(cookies):
    """A page for who carries the cookie that the page itself gives."""
    return answer("200 OK") if "seen=1" in cookies else redirect(302, "/cookie", "Set-Cookie: seen=1; Path=/")


def shop_gate(cookies):
    """The same over two addresses."""
    return answer("200 OK") if "basket=7" in cookies else redirect(302, "/give", "Set-Cookie: basket=7")


MANY_HEADERS = [f"X-Header-{number}: {number}" for number in range(300)]

# path → an answer, or a function of the request's cookies that gives one.
PAGES = {
    "/ok": answer("200 OK"),
    "/gone": answer("404 Not Found"),
    "/gone-for-good": answer("410 Gone"),
    "/old": redirect(301, "/new/"),
    "/new/": answer("200 OK"),
    "/slash": redirect(302, "/slash/"),
    "/slash/": redirect(301, "/new/"),
    "/to-gone": redirect(301, "/gone"),
    "/loop": redirect(302, "/loop-2"),
    "/loop-2": redirect(302, "/loop"),
    "/cookie": cookie_gate,
    "/shop": shop_gate,
    "/give": redirect(302, "/shop", "Set-Cookie: basket=7; Path=/"),
    "/many-headers": answer("200 OK", MANY_HEADERS),
    "/long-header": answer("200 OK", ["X-Long: " + "x" * 30_000]),
    "/folded": answer("200 OK", ["X-Folded: one", "  two"]),
    "/blank-before-colon": answer("200 OK", ["X-Blank : one"]),
    "/bytes-in-a-header": b"HTTP/1.1 200 OK\r\nX-Name: \xfcber\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    "/no-colon": answer("200 OK", ["This line is no header"]),
    "/no-reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    "/bare-line-feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\nConnection: close\n\nok",
    "/forbidden": answer("403 Forbidden"),
    "/too-many": answer("429 Too Many Requests", ["Retry-After: 1"]),
    "/sign-in-first": redirect(302, "/users/sign_in"),
    "/users/sign_in": answer("200 OK"),
    "/broken": answer("500 Internal Server Error"),
    "/group/project/-/blob/main/gone.yml": redirect(302, "/group/project/-/tree/main"),
    "/group/project/-/tree/main": answer("200 OK"),
    "/meta": answer("200 OK", body=b"<meta http-equiv=refresh content='0; url=/new/'>"),
    "/drawn": answer("200 OK", body=b"<div id=root></div><script>draw()</script>"),
    "/without-places": answer("200 OK", body=b"<title>T</title><p>Text</p>"),
    "/guide": answer("200 OK", body=b"<h1 id=a>A</h1><a name=b></a><p id=user-content-c>"),
}

# kind, what stands behind the origin, the answer, podkeeper's verdict.
LINKS = [
    ("page", "/ok", "fine", "alive"),
    ("page that is gone", "/gone", "broken", "dead"),
    ("page that is gone", "/gone-for-good", "broken", "dead"),
    ("redirect", "/old", "fine", "moved"),
    ("redirect by a slash first", "/slash", "fine", "moved"),
    ("redirect to nothing", "/to-gone", "broken", "dead"),
    ("redirect by the page", "/meta", "fine", "moved"),
    ("circle", "/loop", "open", "unreachable"),
    ("cookie", "/cookie", "fine", "alive"),
    ("cookie", "/shop", "fine", "alive"),
    ("300 header lines", "/many-headers", "fine", "alive"),
    ("long header line", "/long-header", "fine", "alive"),
    ("odd header line", "/folded", "fine", "alive"),
    ("odd header line", "/blank-before-colon", "fine", "alive"),
    ("odd header line", "/bytes-in-a-header", "fine", "alive"),
    ("odd header line", "/no-colon", "fine", "alive"),
    ("odd status line", "/no-reason", "fine", "alive"),
    ("odd status line", "/bare-line-feeds", "fine", "alive"),
    ("refused", "/forbidden", "open", "refused"),
    ("refused", "/too-many", "open", "refused"),
    ("sign-in", "/sign-in-first", "open", "hidden"),
    ("GitLab's list of files", "/group/project/-/blob/main/gone.yml", "broken", "dead"),
    ("server error", "/broken", "open", "unreachable"),
    ("place", "/guide#a", "fine", "alive"),
    ("place", "/guide#b", "fine", "alive"),
    ("place", "/guide#c", "fine", "alive"),
    ("place that is gone", "/guide#d", "broken", "fragment_dead"),
    ("place on a page without any", "/without-places#x", "broken", "fragment_dead"),
    ("place on a page that scripts draw", "/drawn#x", "open", "fragment_unverifiable"),
    ("place behind a redirect", "/old#there", "fine", "moved"),
    ("place behind a redirect", "/old#gone", "broken", "fragment_dead"),
    ("text to find", "/guide#:~:text=A", "fine", "alive"),
]


class Handler(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self):
        lines = []
        try:
            while (line := self.rfile.readline(65_536)) not in (b"\r\n", b"\n", b""):
                lines.append(line.decode("latin-1").strip())
        except (OSError, socket.timeout):
            return
        if not lines:
            return
        path = lines[0].split(" ")[1]
        cookies = "".join(line.split(":", 1)[1] for line in lines if line.lower().startswith("cookie:"))
        page = PAGES.get(path, answer("404 Not Found"))
        self.wfile.write(page(cookies) if callable(page) else page)


class Server:
    """The server, for as long as a `with` lasts."""

    def __enter__(self):
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        socketserver.ThreadingTCPServer.daemon_threads = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def write(folder, origin):
    """Writes one document with all links, and gives its rows."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines = [f"- [{kind}](<{origin}{path}>)" for kind, path, _, _ in LINKS]
    (folder / "page.md").write_text("# Links\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return [Row(kind, "page.md", origin + path, answer, verdict) for kind, path, answer, verdict in LINKS]
