"""test_page - the status page, read as people read it: headings and tables, by keyboard, on a phone

TINLB_PICTURES=1 writes the pictures of docs/ anew.
"""
# SPDX-License-Identifier: Apache-2.0
import os

import pytest

from lab import kube, netns, poll

import browser
from conftest import ROOT
from helpers import apply_config, create, pool, set_endpoints, settled, speaker_entry, wait_address, wait_owner

pytestmark = pytest.mark.skipif(not browser.is_here(), reason="Debian's package chromium is not here")
IP = "172.17.251.1"
HEADINGS = ["TinLB speaker on {node}", "Needs attention", "Addresses", "Services", "Members", "Interfaces", "Last changes",
            "This process"]
TEXTS = "[...document.querySelectorAll('{}')].map(e => e.innerText.trim())"
ROWS = "[...document.querySelectorAll('#{} ~ table tbody tr')].map(r => [...r.cells].map(c => c.textContent.trim()))"
PICTURE_MAX_BYTES = 100_000


@pytest.fixture(scope="module", name="lab")
def lab_fixture(cluster):
    apply_config(cluster, pool("172.17.251.0/24"))
    create(cluster, "web", loadBalancerIP=IP)
    create(cluster, "sleeps", nodes=(), loadBalancerIP="172.17.251.2")
    wait_address(cluster, "web", IP)
    settled(cluster, IP)
    poll.until(lambda: all((speaker_entry(cluster, n, "172.17.251.2") or {}).get("reason") == "noEndpoints"
                           for n in cluster.network.nodes), 15, "nobody answers for the other one")
    return cluster


@pytest.fixture(scope="module", name="page")
def page_fixture(lab):
    with browser.Browser(lab.spaces.full("client")) as started:
        yield started


def show(lab, page, node, width=1100, height=800, dark=False):
    page.window(width, height, dark)
    page.open(f"http://{lab.network.nodes[node]}:7472/")


def keep(page, tmp_path, name):
    """A picture for the docs, when they are wanted."""
    path = os.path.join(ROOT, "docs", name) if os.environ.get("TINLB_PICTURES") else str(tmp_path / name)
    page.picture(path)
    assert 2_000 < os.path.getsize(path) < PICTURE_MAX_BYTES


def test_a_speakers_page_says_who_answers_and_why_not(lab, page, tmp_path):
    owner = wait_owner(lab, IP)
    show(lab, page, owner)
    assert page.ask(TEXTS.format("h1, h2")) == [h.format(node=owner) for h in HEADINGS]
    rows = {r[0]: r for r in page.ask(ROWS.format("addresses"))}
    assert rows[IP][1:4] == ["default/web", "announced", owner]
    assert any(cell.startswith("noEndpoints: no pod behind the service") for cell in rows["172.17.251.2"])
    assert sorted(r[:2] for r in page.ask(ROWS.format("members"))) == [[n, "yes"] for n in sorted(lab.network.nodes)]
    assert any(r[1] == IP and r[2] == "announced" for r in page.ask(ROWS.format("history")))
    assert page.complaints() == [] and page.requests() == [f"http://{lab.network.nodes[owner]}:7472/"]
    keep(page, tmp_path, "status-page.png")


def test_the_controllers_page_has_pools_and_addresses(lab, page):
    address = next(p["status"]["podIP"] for p in lab.pods(component="controller") if p["status"].get("podIP"))
    page.window(1100, 800)
    page.open(f"http://{address}:7472/status.html")
    assert page.ask("document.title") == "TinLB controller"
    assert page.ask(ROWS.format("pools")) == [["default", "2", "256"]]
    assert {r[0] for r in page.ask(ROWS.format("addresses"))} == {IP, "172.17.251.2"}
    assert {"IPAllocated", "leader"} <= {r[2] for r in page.ask(ROWS.format("history"))}


def test_it_is_styled_under_a_policy_that_lets_nothing_else_in(lab, page):
    show(lab, page, "node1")
    light = page.ask("getComputedStyle(document.body).backgroundColor")
    assert page.ask("getComputedStyle(document.querySelector('.skip')).position") == "absolute", "its style applies"
    page.ask("document.head.insertAdjacentHTML('beforeend', '<style>body{display:none}</style>')")
    assert page.ask("getComputedStyle(document.body).display") == "block", "no other style does"
    assert page.ask("document.scripts.length") == 0
    show(lab, page, "node1", dark=True)
    assert page.ask("getComputedStyle(document.body).backgroundColor") != light


def test_a_keyboard_reaches_everything_in_the_order_of_the_page(lab, page):
    show(lab, page, "node1")
    links = page.ask("[...document.querySelectorAll('a')].map(a => a.innerText)")
    seen = []
    for _ in links:
        page.press("Tab")
        seen.append(page.ask("document.activeElement.innerText"))
    assert seen == links and seen[0] == "Skip to the content"
    show(lab, page, "node1")
    page.press("Tab")
    assert page.ask("document.activeElement.getBoundingClientRect().x") >= 0, "the link is seen once it has the focus"
    page.press("Enter")
    poll.until(lambda: page.ask("document.activeElement.id") == "main", 5, "the focus is at the content")


def test_on_a_phone_nothing_is_wider_than_the_screen_and_tables_stay_tables(lab, page, tmp_path):
    owner = wait_owner(lab, IP)
    show(lab, page, owner, 360, 780, dark=True)
    assert page.ask("document.documentElement.scrollWidth") <= 360
    assert page.ask("Math.max(...[...document.querySelectorAll('main *')].map(e => e.getBoundingClientRect().right))") <= 360
    assert page.ask("parseFloat(getComputedStyle(document.body).fontSize)") >= 16
    roles = page.roles()
    assert roles["heading"] == len(HEADINGS) and roles["table"] == 5 and roles["row"] > 8 and roles["rowheader"] >= 7
    assert roles["main"] == roles["navigation"] == 1
    keep(page, tmp_path, "status-page-phone.png")


def test_a_name_made_of_markup_is_text(lab, page):
    """The one text that anybody who may write the configuration can put there."""
    apply_config(lab, pool("172.17.251.0/24").replace("default", "'<img src=x onerror=alert(1)>'"))
    try:
        poll.until(lambda: "<img" in str((speaker_entry(lab, "node1", IP) or {}).get("pool"))
                   or (lab.speaker_status("node1") or {})["config"]["stale"], 15, "it was read")
        show(lab, page, "node1")
        assert page.ask("document.images.length") == 0
        assert "<img src=x" in page.ask("document.body.innerText")
    finally:
        apply_config(lab, pool("172.17.251.0/24"))


def headers(lab, node, path):
    connection = kube.http.client.HTTPConnection(lab.network.nodes[node], 7472, timeout=5)
    try:
        netns.in_namespace(lab.spaces.full(node), connection.connect)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status, dict(answer.getheaders())
    finally:
        connection.close()


def test_pages_are_for_the_moment_and_of_the_type_they_say(lab):
    for path, kind in (("/", "text/html"), ("/status.html", "text/html"), ("/status", "application/json"),
                       ("/metrics", "text/plain")):
        status, found = headers(lab, "node1", path)
        assert status == 200 and found["Content-Type"].startswith(kind)
        assert found["X-Content-Type-Options"] == "nosniff" and found["Cache-Control"] == "no-store"
        assert ("default-src 'none'" in found.get("Content-Security-Policy", "")) == (kind == "text/html")


def test_an_address_that_moves_stands_in_the_history_of_all(lab):
    owner = wait_owner(lab, IP)
    set_endpoints(lab, "web", [])
    for node in lab.network.nodes:
        last = poll.until(lambda n=node: [h for h in lab.speaker_status(n)["history"]
                                          if h["about"] == IP and h["event"] == "noEndpoints"], 10, "it is told")
        assert last[0]["message"].startswith("no pod behind the service")
    set_endpoints(lab, "web", list(lab.network.nodes))
    for node in lab.network.nodes:
        wanted = "announced" if node == owner else "owner"
        poll.until(lambda n=node, w=wanted: lab.speaker_status(n)["history"][0]["event"] == w, 15, "who has it is told")
