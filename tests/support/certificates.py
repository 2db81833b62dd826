"""Certificates made at run time, by an authority that nobody trusts unless told to."""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path

import trustme


class Authority:
    """Signs certificates for loopback servers; its own is self-signed.

    Args:
        folder: where its certificate is written.

    Attributes:
        file: its certificate as PEM, for a client that is to trust it.
    """

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.file = folder / "authority.pem"
        self._ca.cert_pem.write_to_path(str(self.file))

    def server(self, name: str = "127.0.0.1", *, expired: bool = False) -> ssl.SSLContext:
        """A server's context, with a certificate for a host name or address."""
        until = datetime.now(timezone.utc) - timedelta(days=1) if expired else None
        since = until - timedelta(days=1) if until else None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = self._ca.issue_cert(name, not_before=since, not_after=until)
        certificate.configure_cert(context)
        return context

    def client(self) -> ssl.SSLContext:
        """A client's context that trusts this authority and no other."""
        return ssl.create_default_context(cafile=str(self.file))
