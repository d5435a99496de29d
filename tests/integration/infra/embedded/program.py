"""Stands in for one of OCMA's programs under the supervisor: `program.py ROLE [ARGUMENT...]`.

Writes what it was given and how it ends to the file $TEST_RECORD, a JSON line per event. Roles named in $TEST_BROKEN fail,
that in $TEST_SLOW takes ten minutes.
"""

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

STARTED_AT = time.monotonic()
ROLE, ARGUMENTS = sys.argv[1], sys.argv[2:]
TOLD = ("OCMA_", "DATABASE_", "REDIS_", "TWITTER_")


def record(event):
    environment = {name: value for name, value in os.environ.items() if name.startswith(TOLD)}
    line = {"role": ROLE, "event": event, "pid": os.getpid(), "arguments": ARGUMENTS, "environment": environment}
    with Path(os.environ["TEST_RECORD"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def finish(_number, _frame):
    record("end")
    sys.exit(0)


class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        warm = time.monotonic() - STARTED_AT > 0.5
        self.send_response(200 if warm and self.path == "/readyz" else 503)
        self.end_headers()

    def log_message(self, *_):
        """Silent."""


def migrate():
    import asyncio

    import asyncpg

    async def create():
        connection = await asyncpg.connect(os.environ["OCMA_OWNER_DATABASE_URL"])
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (what text)")
        await connection.execute("GRANT SELECT, INSERT ON kept TO ocma_app")
        await connection.close()

    asyncio.run(create())


def serve():
    HTTPServer(("127.0.0.1", int(ARGUMENTS[ARGUMENTS.index("--port") + 1])), Ready).serve_forever()


def main():
    record("start")
    signal.signal(signal.SIGTERM, finish)
    if ROLE in os.environ.get("TEST_BROKEN", "").split(","):
        sys.exit(f"{ROLE} is broken on purpose")
    if os.environ.get("TEST_SLOW") == ROLE:
        time.sleep(600)
    if ROLE == "migrate":
        migrate()
    elif ROLE == "bootstrap":
        sys.stdout.write(json.dumps({"apiKey": f"ocma_{os.getpid()}", "workspaceId": "w"}) + "\n")
    elif ROLE in {"api", "sandbox"}:
        serve()
    else:
        time.sleep(600)


main()
