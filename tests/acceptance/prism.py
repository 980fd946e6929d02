"""The three small programs that prism.sh needs: each is one function, called by its name with its arguments."""

import http.client
import http.server
import json
import re
import sys
import urllib.parse

KEPT = (
    "/projects/{id}/issues", "/projects/{id}/labels", "/groups/{id}/labels", "/repository/", "/api/v4/user", "/members",
    "/epics", "/projects/{id}/templates", "/milestones", "/merge_requests", "/personal_access_tokens/self",
    "/api/v4/metadata", "/api/v4/version",
)
TYPES = {"DateTime": ("string", "date-time"), "dateTime": ("string", "date-time"), "Boolean": ("boolean", None),
         "Integer": ("integer", None), "String": ("string", None)}
FORM = "application/x-www-form-urlencoded"


def patch(source, target, upstream):
    """Mends GitLab's document so that Prism can hold requests to it. What is mended already stays as it is."""
    document = json.load(open(source))
    document.pop("security", None)  # it knows no PRIVATE-TOKEN
    document["servers"] = [{"url": upstream}]
    document["paths"] = {
        path: item for path, item in document["paths"].items()
        if path in ("/api/v4/projects/{id}", "/api/v4/groups/{id}") or any(part in path for part in KEPT)
    }
    operations = [operation for item in document["paths"].values() for operation in item.values() if isinstance(operation, dict)]
    for operation in operations:
        operation.pop("security", None)
        content = (operation.get("requestBody") or {}).get("content") or {}
        if "application/json" in content:
            schema = content["application/json"].get("schema") or {}
            schema = resolved(document, schema)
            schema["additionalProperties"] = False
            for name in {"labels", "add_labels", "remove_labels"} & set(schema.get("properties") or {}):
                # GitLab takes a list and a text with commas; the document knows the list only.
                schema["properties"][name] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
            content["application/json"]["schema"] = schema
            content[FORM] = {"schema": schema}
        # Its answers are mistyped: a list stands there as one object. Only that there is JSON is held.
        for answer in operation["responses"].values():
            answer.pop("content", None)
    mended(document)
    json.dump(document, open(target, "w"))
    return f"{len(operations)} operations"


def resolved(document, schema):
    if "$ref" not in schema:
        return schema
    return dict(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])


def mended(node):
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        mended(child)
    if isinstance(node, dict) and isinstance(node.get("oneOf"), list):
        node["anyOf"] = node.pop("oneOf")  # an id that is a number is a text as well
    if isinstance(node, dict) and isinstance(node.get("type"), str) and node["type"] in TYPES:
        node["type"], form = TYPES[node["type"]]
        node.update({"format": form} if form else {})


def front(targets, log):
    """One origin for Prism and the sandbox: REST goes through Prism, all else straight to the sandbox.

    The addresses are read when the first request comes, because the sandbox must be told this origin before it starts.
    """

    class Front(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            to = json.load(open(targets))
            rest = self.path.startswith("/api/v4/")
            there = http.client.HTTPConnection(to["prism" if rest else "box"], timeout=60)
            there.request(self.command, self.path, body or None, {**self.headers, "Connection": "close"})
            got = there.getresponse()
            text = got.read()
            if rest:
                # Prism's own refusals are problem documents (RFC 9457); the sandbox never answers with one.
                refused = (got.getheader("content-type") or "").startswith("application/problem+json")
                line = {"method": self.command, "path": self.path, "type": self.headers.get("content-type"),
                        "body": body.decode(), "status": got.status, "refused": text.decode() if refused else None}
                with open(log, "a") as file:
                    file.write(json.dumps(line) + "\n")
            self.send_response(got.status)
            for name, value in got.getheaders():
                if name.lower() not in ("connection", "content-length", "transfer-encoding", "date", "server", "keep-alive"):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def judge(document, log):
    """Which of the logged requests Prism refused, or passed though they name a parameter that GitLab does not know.

    Prism itself lets unknown names in queries and forms pass.
    """
    document = json.load(open(document))
    calls = [json.loads(line) for line in open(log)]
    wrong = [f"{call['method']} {call['path']}: {call['refused']}" for call in calls if call["refused"]]
    shapes = set()
    for call in calls:
        path, _, query = call["path"].partition("?")
        shape, operation = operation_of(document, call["method"].lower(), path)
        shapes.add((call["method"], shape))
        parameters = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
        fields = (operation.get("requestBody") or {}).get("content", {}).get(FORM, {}).get("schema", {}).get("properties", {})
        parameters.append("per_page")  # podkeeper asks every listing for 100 to a page; one that has no pages ignores it
        given = [(name, parameters) for name, _ in urllib.parse.parse_qsl(query)]
        if (call["type"] or "").startswith(FORM):
            given += [(name, fields) for name, _ in urllib.parse.parse_qsl(call["body"])]
        wrong += [f"{call['method']} {call['path']}: no parameter {name}" for name, known in given if name.removesuffix("[]") not in known]
    for line in wrong:
        print(line)
    print(f"{len(calls)} requests to {len(shapes)} operations, {len(wrong)} wrong")
    return None if not wrong and calls else 1


def operation_of(document, method, path):
    """The operation that a path belongs to: the one with the fewest placeholders."""
    fits = []
    for shape, item in document["paths"].items():
        pattern = re.sub(r"\\\{[^/]*?\\\}", "[^/]+", re.escape(shape))
        if method in item and re.fullmatch(pattern, path):
            fits.append((shape.count("{"), shape, item[method]))
    return min(fits, key=lambda fit: fit[:2])[1:] if fits else (path, {})


if __name__ == "__main__":
    ended = {"patch": patch, "front": front, "judge": judge}[sys.argv[1]](*sys.argv[2:])
    if isinstance(ended, int):
        sys.exit(ended)
    if ended:
        print(ended)
