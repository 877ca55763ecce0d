"""Breaks a driver's connection under it."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def cut_socket(descriptor: int) -> None:
    """Have whoever waits on the socket, in this process or on the server, wait no longer.

    The server hears of it by a reset, at the latest when the driver closes the socket: one that waits for room to send
    would otherwise not ask for minutes whether anybody is still there.
    """
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        ours.shutdown(socket.SHUT_RDWR)


__all__ = ["cut_socket"]
