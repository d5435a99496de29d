"""Asks a server of ours on 127.0.0.1 how it is. Plain standard library: the supervisor stays small."""

import socket
from http.client import HTTPConnection, HTTPException


def accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def is_ready(port: int) -> bool:
    """Does `/readyz` answer 200?"""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
