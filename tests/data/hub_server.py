"""A hub on the loopback: the routes that `datasets` needs, over a folder of mirror layout."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlparse

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REVISIONS = ("v1", COMMIT)


@contextlib.contextmanager
def serve_hub(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder; gives the endpoint and the growing list of requests."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = unquote(urlparse(self.path).path)
            requests.append(f"{self.command} {path}")
            parts = path.strip("/").split("/")
            is_api = parts[0] == "api"
            parts = parts[1:] if is_api else parts
            if len(parts) < 4:
                return self.send(404, b"", {})
            hub_id, kind, revision = "/".join(parts[1:3]), parts[3], parts[4] if len(parts) > 4 else "main"
            root = folder / hub_id
            if not root.is_dir():
                return self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            if revision not in REVISIONS:
                return self.send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            if kind == "resolve":
                return self.send_file(root / "/".join(parts[5:]))
            if kind == "revision":
                files = [{"rfilename": str(p.relative_to(root))} for p in root.rglob("*") if p.is_file()]
                return self.send_json({"id": hub_id, "sha": COMMIT, "siblings": files, "tags": []})
            if kind == "tree":
                start = root / "/".join(parts[5:])
                if not start.exists():
                    return self.send(404, b"{}", {"X-Error-Code": "EntryNotFound"})
                return self.send_json([self.entry(root, p) for p in sorted(start.rglob("*"))])
            if kind == "paths-info":
                text = body.decode()
                paths = json.loads(text)["paths"] if text.startswith("{") else parse_qs(text)["paths"]
                return self.send_json([self.entry(root, root / p) for p in paths if (root / p).exists()])
            return self.send(404, b"{}", {})

        def entry(self, root: Path, path: Path) -> dict:
            name = str(path.relative_to(root))
            if path.is_dir():
                return {
                    "type": "directory",
                    "oid": hashlib.sha1(name.encode()).hexdigest(),
                    "path": name,
                    "size": 0,
                }
            content = path.read_bytes()
            oid = hashlib.sha1(content).hexdigest()
            return {"type": "file", "oid": oid, "path": name, "size": len(content)}

        def send_file(self, path: Path) -> None:
            if not path.is_file():
                return self.send(404, b"{}", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
            content = path.read_bytes()
            headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
            return self.send(200, content, headers)

        def send_json(self, value: object) -> None:
            self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

        def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
