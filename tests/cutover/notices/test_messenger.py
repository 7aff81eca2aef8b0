"""Letters are handed over for real: a webhook, mail, Slack; and nothing but declared hosts is reached."""

import logging
import socket

import pytest
from pki import Authority
from told import Webhook, destination, mail_server

from cutover.notices import messenger
from cutover.notices.messenger import endpoints, problem, send
from cutover.notices.notice import Letter
from policies.notify import Happening

LETTER = Letter("crossfade test: a thing", "a thing\nto do: nothing")
SECRET = "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7AA"


@pytest.fixture
def webhook():
    with Webhook() as webhook:
        yield webhook


def test_a_webhook_gets_the_letter(webhook):
    assert send(destination(webhook.port), {"OPS": webhook.url}, LETTER) == ""
    assert webhook.letters == [(LETTER.title, LETTER.body)]
    assert webhook.got[0][1]["type"] == "info"


def test_what_is_grave_is_marked(webhook):
    grave = Letter("t", "b", frozenset({Happening.ROLLED_BACK, Happening.MOVED}))
    assert send(destination(webhook.port), {"OPS": webhook.url}, grave) == ""
    assert webhook.got[0][1]["type"] == "warning"


def test_mail_is_sent():
    with mail_server() as (inbox, port):
        url = f"mailto://127.0.0.1:{port}?from=crossfade@clinic.lan&to=ops@clinic.lan"
        assert send(destination(port), {"OPS": url}, LETTER) == ""
    (mail,) = inbox
    assert (mail["subject"], mail["to"]) == (LETTER.title, "ops@clinic.lan")
    assert "to do: nothing" in "".join(str(part.get_payload()) for part in mail.walk())


def test_slack_is_sent_to_its_own_host_over_tls(tmp_path, monkeypatch):
    authority = Authority(tmp_path, "somebody")
    pair = authority.server(tmp_path, "hooks.slack.com").pair
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    with Webhook(pair) as slack:
        monkeypatch.setattr(socket, "getaddrinfo", leading("hooks.slack.com", slack.port))
        to = destination(location="cloud", hosts=["hooks.slack.com:443"])
        assert send(to, {"OPS": f"slack://{SECRET}/#ops"}, LETTER) == ""
        ((path, body),) = slack.got
        assert path == f"/services/{SECRET}"
        assert LETTER.title in str(body) and "to do: nothing" in str(body)


def test_teams_is_sent_to_its_own_host_over_tls(tmp_path, monkeypatch):
    authority = Authority(tmp_path, "somebody")
    pair = authority.server(tmp_path, "prod-1.logic.azure.com").pair
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    with Webhook(pair) as teams:
        monkeypatch.setattr(
            socket, "getaddrinfo", leading("prod-1.logic.azure.com", teams.port)
        )
        to = destination(location="cloud", hosts=["prod-1.logic.azure.com:443"])
        url = "workflows://prod-1.logic.azure.com:443/643e69f83c8944/KODXNa29oF/"
        assert send(to, {"OPS": url}, LETTER) == ""
        assert LETTER.title in str(teams.got)


def test_an_address_that_leads_elsewhere_reaches_nobody(webhook):
    why = send(destination(1), {"OPS": webhook.url}, LETTER)
    assert (
        why
        == f"OPS leads to 127.0.0.1:{webhook.port}, which `hosts` of the policy does not name"
    )
    assert webhook.got == []


def test_a_redirect_is_not_followed(webhook):
    with Webhook() as other:
        webhook.status, webhook.headers = 307, {"location": f"http://127.0.0.1:{other.port}/"}
        hosts = [f"127.0.0.1:{webhook.port}", f"127.0.0.1:{other.port}"]
        assert "307" in send(destination(hosts=hosts), {"OPS": webhook.url}, LETTER)
        assert other.got == []


def test_a_proxy_and_a_netrc_of_the_environment_are_not_used(webhook, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    messenger.prepare_process()
    assert send(destination(webhook.port), {"OPS": webhook.url}, LETTER) == ""
    import requests

    assert requests.utils.get_netrc_auth(f"http://127.0.0.1:{webhook.port}") is None


@pytest.mark.parametrize(
    ("url", "location", "says"),
    [
        ("", "onprem", "is not set"),
        ("  ", "onprem", "is not set"),
        ("file:///etc/passwd", "onprem", "no one address of a known kind"),
        ("syslog://", "onprem", "no one address of a known kind"),
        ("windows://", "onprem", "no one address of a known kind"),
        ("json://a.lan json://b.lan", "onprem", "no one address of a known kind"),
        ("no address", "onprem", "no one address of a known kind"),
        ("slack://hunter2", "cloud", "no address that Apprise can read"),
        ("https://hunter2.example.org/x", "cloud", "no address that Apprise can read"),
        ("json://hunter2.example.org", "cloud", "use jsons://"),
        ("mailto://me:hunter2@example.org", "cloud", "use mailtos://"),
        ("jsons://hunter2.lan/?verify=no", "onprem", "`verify=no`"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_and_never_repeated(url, location, says, caplog):
    caplog.set_level(logging.DEBUG)
    to = destination(location=location)
    for why in (problem(to, {"OPS": url}), send(to, {"OPS": url}, LETTER)):
        assert says in why and "OPS" in why
        assert "hunter2" not in why
    assert "hunter2" not in caplog.text


def test_a_refusal_is_told_with_its_status_and_nothing_else(webhook, caplog):
    caplog.set_level(logging.DEBUG)
    webhook.status = 503
    url = webhook.url.replace("json://", "json://me:hunter2@")
    assert send(destination(webhook.port), {"OPS": url}, LETTER).endswith(
        "refused with status 503"
    )
    assert "hunter2" not in caplog.text


def test_a_server_that_is_down_is_told():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    why = send(destination(port), {"OPS": f"json://127.0.0.1:{port}"}, LETTER)
    assert why == f"OPS: it was not accepted; is 127.0.0.1:{port} up?"


def test_a_server_that_answers_a_byte_at_a_time_is_left(webhook, monkeypatch):
    monkeypatch.setattr(messenger, "LONGEST_S", 0.5)
    import threading

    left = threading.Event()
    webhook.before_answering = lambda: left.wait(60)
    to = destination(webhook.port)
    why = send(to, {"OPS": webhook.url + "?rto=60"}, LETTER)
    left.set()
    assert "not accepted" in why


def test_a_bug_of_the_library_is_told_by_its_name(webhook, monkeypatch):
    monkeypatch.setattr(messenger.NotifyBase, "notify", lambda *_, **__: 1 / 0)
    why = send(destination(webhook.port), {"OPS": webhook.url}, LETTER)
    assert why == "OPS: sending broke (ZeroDivisionError)"


def test_endpoints_are_hosts_and_ports():
    hosts = ["mail.lan:25", "[fd00::5]:443"]
    assert endpoints(destination(hosts=hosts)) == {("mail.lan", 25), ("fd00::5", 443)}


def leading(host, port):
    """A look-up that knows one host, whose port 443 is another one here."""

    def getaddrinfo(asked, *_, **__):
        assert asked == host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    return getaddrinfo
