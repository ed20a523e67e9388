"""Certificates for TLS, made by the program openssl."""

import subprocess

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]


class Certificates:
    """PEM files in a directory: NAME.pem and NAME.key."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()
        self.authority("ca")

    def __getitem__(self, name):
        return self.directory / name

    def authority(self, name):
        self._openssl("-subj", f"/CN={name}", "-keyout", self[f"{name}.key"], "-out", self[f"{name}.pem"])

    def issue(self, name, names, authority="ca"):
        """`names`: whom it is for, such as IP:127.0.0.1."""
        self._openssl(
            "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE",
            "-CA", self[f"{authority}.pem"], "-CAkey", self[f"{authority}.key"],
            "-keyout", self[f"{name}.key"], "-out", self[f"{name}.pem"],
        )  # fmt: skip

    def _openssl(self, *arguments):
        subprocess.run(["openssl", "req", "-x509", *NEW_KEY, *map(str, arguments)], check=True, capture_output=True)
