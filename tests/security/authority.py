"""A certificate authority of the test's own, and the certificates that it signs."""

from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class Authority:
    """Signs certificates, and keeps all in a folder as PEM files."""

    def __init__(self, folder: Path) -> None:
        self._authority, self._folder = trustme.CA(), folder
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.file))

    def certificate(self, *identities: str, name: str) -> Path:
        """Sign a certificate; give the file with it and its key. Java wants the key in PKCS#8."""
        signed = self._authority.issue_cert(*identities, common_name=name)
        key = load_pem_private_key(signed.private_key_pem.bytes(), password=None)
        file = self._folder / f"{name}.pem"
        chain = b"".join(each.bytes() for each in signed.cert_chain_pems)
        file.write_bytes(chain + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return file
