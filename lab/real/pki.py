"""pki - the certificates and keys of a real control plane, all from one authority that lives two days"""
# SPDX-License-Identifier: Apache-2.0
import os

from .. import netns

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


class Pki:
    def __init__(self, directory, subject="/CN=lab"):
        self.directory = directory
        self.ca_file, self._ca_key = self.path("ca.crt"), self.path("ca.key")
        netns.run("openssl", "req", "-x509", *KEY, "-subj", subject, "-keyout", self._ca_key, "-out", self.ca_file)

    def path(self, name):
        return os.path.join(self.directory, name)

    def issue(self, name, subject, addresses=()):
        """(certificate, key) files; with addresses for a server, without for a client."""
        certificate, key = self.path(name + ".crt"), self.path(name + ".key")
        names = ["-addext", "subjectAltName=" + ",".join(addresses)] if addresses else []
        netns.run("openssl", "req", "-x509", "-CA", self.ca_file, "-CAkey", self._ca_key, *KEY, "-subj", subject,
                  "-addext", "basicConstraints=critical,CA:FALSE", *names, "-keyout", key, "-out", certificate)
        return certificate, key

    def signing_keys(self, name):
        """(private, public) key files, for the tokens of service accounts."""
        private, public = self.path(name + ".key"), self.path(name + ".pub")
        netns.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", private)
        netns.run("openssl", "pkey", "-in", private, "-pubout", "-out", public)
        return private, public
