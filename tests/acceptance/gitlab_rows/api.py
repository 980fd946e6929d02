"""Requests to a GitLab, over one connection that is kept."""

import http.client
import json
import urllib.parse

from facts import Answer


class Refused(Exception):
    """A preparation was answered otherwise than it has to be."""


class Api:
    def __init__(self, origin, token=None):
        self.place = urllib.parse.urlsplit(origin)
        self.token = token
        kind = http.client.HTTPSConnection if self.place.scheme == "https" else http.client.HTTPConnection
        self.line = kind(self.place.netloc, timeout=30)

    def ask(self, method, path, parameters=None, token=None):
        """One request; parameters go into the query of a GET or HEAD, else into a JSON body."""
        headers, body = {}, None
        if not path.startswith(("/api/", "/-/")):
            path = "/api/v4" + path
        if token:
            headers["PRIVATE-TOKEN"] = token
        if parameters is not None and method in ("GET", "HEAD"):
            path += ("&" if "?" in path else "?") + urllib.parse.urlencode(list(pairs(parameters)))
        elif parameters is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(parameters)
        for last in (False, True):
            try:
                self.line.request(method, path, body, headers)
                got = self.line.getresponse()
                text = got.read().decode("utf-8", "replace")
                return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, text)
            except (http.client.HTTPException, ConnectionError):
                # The other side may have ended the connection that was kept.
                self.line.close()
                if last:
                    raise

    def do(self, method, path, parameters=None, token=None):
        """A preparation, as the administrator unless another token is given; gives what the answer shows."""
        answer = self.ask(method, path, parameters, token or self.token)
        if not 200 <= answer.status < 300:
            raise Refused(f"{method} {path} {parameters or ''}: {answer.status} {answer.text[:300]}")
        return answer.value()


def pairs(parameters, prefix=""):
    """`{"not": {"labels": "a"}, "iids": [1]}` as `not[labels]=a` and `iids[]=1`."""
    for key, value in parameters.items():
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(value, dict):
            yield from pairs(value, name)
        elif isinstance(value, list):
            yield from ((f"{name}[]", plain(item)) for item in value)
        else:
            yield name, plain(value)


def plain(value):
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def escaped(text):
    return urllib.parse.quote(text, safe="")
