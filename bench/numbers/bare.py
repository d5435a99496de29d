"""The floor of a route: bare FastAPI that returns the bytes of a file. `python bare.py PORT FILE`"""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response

BODY = Path(sys.argv[2]).read_bytes()
app = FastAPI()


@app.get("/bytes")
async def give() -> Response:
    return Response(BODY, media_type="application/json")


uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", log_config=None, access_log=False)
