"""The limits of `connections` with uvicorn's own parser. Not in that module, because it imports h11 in 11 ms."""

from __future__ import annotations

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from evolink_sandbox.connections import LimitedConnection


class LimitedH11Connection(LimitedConnection, H11Protocol):
    """The limits with uvicorn's own parser, which limits the size of a head itself."""

    def data_received(self, data: bytes) -> None:
        """Count the bytes."""
        self.received += len(data)
        super().data_received(data)

    def expects_body(self) -> bool:
        """Return whether the head of a request has arrived, and its body has not ended."""
        return self.conn.their_state is h11.SEND_BODY

    def head_size(self) -> int:
        """Return how much of the next head has arrived."""
        return len(self.conn.trailing_data[0])

    def send_400_response(self, msg: str) -> None:
        """Send a 400, or a 431 for a head that is too long, and close the connection."""
        most: int = self.config.limits.head_bytes
        if self.head_size() > most:
            self.refuse(431, f"The head of the request has more than {most} bytes.")
        else:
            self._warn(msg)
            self.send_error(400, msg)
