"""Certificates that tests make with openssl: one authority, and servers it signed."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificates:
    """One authority, and certificates it signed."""

    folder: Path

    @property
    def authority(self) -> str:
        return str(self.folder / "ca.pem")

    def server(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=30)


def sign(folder: Path, name: str, host: str, *validity: str) -> None:
    """Let the authority sign a certificate for a host."""
    (folder / f"{name}.ext").write_text(f"subjectAltName={host}\n")
    openssl(folder, "req", *new_key(name), "-subj", f"/CN={name}", "-out", f"{name}.csr")
    signer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
    files = ["-in", f"{name}.csr", "-extfile", f"{name}.ext", "-out", f"{name}.pem"]
    openssl(folder, "x509", "-req", *signer, *files, *validity)


def new_key(name: str) -> list[str]:
    return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key"]


def new_authority(folder: Path) -> Certificates:
    """Make an authority that signs for two days."""
    openssl(folder, "req", "-x509", *new_key("ca"), "-subj", "/CN=Kestrel CA", "-days", "2", "-out", "ca.pem")
    return Certificates(folder)
