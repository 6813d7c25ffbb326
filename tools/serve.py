"""Serve the built site on this machine only, at a free port: `make serve`."""

from __future__ import annotations

import functools
import http.server
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Prints no line for every file asked for, and lets the browser keep nothing old."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


def main() -> None:
    handler = functools.partial(Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        print(f"The book is at {address}  (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
