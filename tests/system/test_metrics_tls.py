"""test_metrics_tls - pages over TLS and behind a token, and what becomes of both when their files change"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import os
import ssl
import subprocess

import pytest

from lab import poll
from lab.solo import free_port

from lone import CONTROLLER, SPEAKER, Lone

TOKEN = "the-token-of.Prometheus"


def make_certificate(folder, name):
    """A self-signed certificate and its key, put where the daemon looks as a mounted Secret is."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                    "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.new",
                    "-out", folder / "crt.new"], check=True, capture_output=True)
    os.rename(folder / "key.new", folder / "tls.key")
    os.rename(folder / "crt.new", folder / "tls.crt")


def context(maximum=ssl.TLSVersion.MAXIMUM_SUPPORTED):
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.maximum_version = maximum
    return made


class Daemon(Lone):
    def __init__(self, folder, *arguments):
        self.port, self.health, self.certs = free_port(), free_port(), folder / "certs"
        self.token = folder / "token"
        self.token.write_text(TOKEN + "\n")
        super().__init__(folder, [*arguments, f"--port={self.port}", f"--health-probe-port={self.health}",
                                  f"--metrics-cert-dir={self.certs}", f"--metrics-token-file={self.token}"])

    def ask(self, token=TOKEN, path="/metrics", tls=None):
        """(status, the certificate that was shown), or (None, the error)."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=tls or context())
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token is not None else {})
            shown = connection.sock.getpeercert(binary_form=True)
            return connection.getresponse().status, shown
        except (OSError, http.client.HTTPException) as error:
            return None, error
        finally:
            connection.close()

    def other_than(self, *former):
        """The certificate that is shown, once it is none of these."""
        def shown():
            status, found = self.ask()
            return found if status == 200 and found not in former else None

        return poll.until(shown, 10, "another certificate is shown")

    def wait_served(self):
        poll.until(lambda: self.ask()[0] == 200, 15, f"{self.log.read_text()}")


@pytest.fixture
def controller(tmp_path):
    make_certificate(tmp_path / "certs", "first")
    daemon = Daemon(tmp_path, CONTROLLER)
    daemon.wait_served()
    yield daemon
    daemon.stop()


def test_only_who_has_the_token_gets_a_page(controller):
    for path in ("/metrics", "/status", "/nothing"):
        for wrong in (None, "", TOKEN[:-1], TOKEN + "x", "x"):
            assert controller.ask(wrong, path)[0] == 401
    assert controller.ask(path="/status")[0] == 200
    assert TOKEN not in controller.log.read_text()


def test_a_new_token_holds_at_once_and_an_empty_one_lets_nobody_in(controller):
    controller.token.write_text("another\n")
    assert controller.ask()[0] == 401 and controller.ask("another")[0] == 200
    controller.token.write_text("\n")
    assert controller.ask("")[0] == controller.ask("another")[0] == 401
    controller.token.unlink()
    assert controller.ask("")[0] == 401


def test_the_port_speaks_nothing_but_tls_and_health_needs_none(controller):
    for port, wanted in ((controller.port, None), (controller.health, 200)):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz", headers={"Authorization": f"Bearer {TOKEN}"})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            status = None
        assert status == wanted
        connection.close()
    assert controller.ask(tls=context(ssl.TLSVersion.TLSv1_2))[0] is None


def test_a_changed_certificate_is_shown_and_a_broken_one_is_not(controller):
    first = controller.ask()[1]
    make_certificate(controller.certs, "second")
    second = controller.other_than(first)
    (controller.certs / "tls.crt").write_text("this is none\n")
    assert controller.ask() == (200, second)
    controller.wait_log("the new certificate cannot be used, the former one stays")
    assert "tls.crt" in controller.log.read_text()
    make_certificate(controller.certs, "third")
    controller.other_than(first, second)


def test_without_a_certificate_the_port_is_closed_until_there_is_one(tmp_path):
    daemon = Daemon(tmp_path, CONTROLLER, "--tls-min-version=VersionTLS12")
    try:
        daemon.wait_log("pages cannot be served here")
        assert daemon.ask()[0] is None and "tls.crt" in daemon.log.read_text()
        make_certificate(tmp_path / "certs", "late")
        daemon.wait_served()
        assert daemon.ask(tls=context(ssl.TLSVersion.TLSv1_2))[0] == 200
    finally:
        daemon.stop()


def test_a_speaker_has_the_same_options(tmp_path):
    make_certificate(tmp_path / "certs", "speaker")
    daemon = Daemon(tmp_path, "unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$0" "$@"', SPEAKER,
                    "--node-name=n1")

    def status(*headers):
        return subprocess.run(["nsenter", f"--target={daemon.process.pid}", "--net", "curl", "-ks", "-o", "/dev/null", "-w",
                               "%{http_code}", *headers, f"https://127.0.0.1:{daemon.port}/status"],
                              capture_output=True, text=True, check=False).stdout

    try:
        poll.until(lambda: status("-H", f"Authorization: Bearer {TOKEN}") == "200", 15, "the speaker answers")
        assert status() == "401"
    finally:
        daemon.stop()
