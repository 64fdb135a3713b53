"""The log reader: lines, records, addresses and troubles in the words of all common runtimes."""

import io
from typing import Any

import pytest

from vigie.graph import hosts, lines
from vigie.graph.hosts import Address
from vigie.graph.logs import LogKey, Logs
from vigie.graph.words import Log, Record

KEY = LogKey("shop", "web-1", "web", False)


class _Pod:
    """Enough of an entity for a log to point at."""

    pointer = "pods.json#/items/0"


def log(text: str) -> Log:
    kept = Logs()
    kept.add(KEY, "logs/shop/web-1/web.log", io.BytesIO(text.encode()))
    pod: Any = _Pod()
    return Log(pod, kept.get(KEY), "web", previous=False)


def records(text: str) -> tuple[Record, ...]:
    return log(text.strip("\n") + "\n").records


def written(text: str) -> list[str]:
    return [str(address) for address in hosts.addresses(text)]


LEVELS = [
    ('{"level":"error","msg":"no","ts":"2026-11-22T17:18:15.4Z"}', "error", "no"),
    ('{"level":50,"time":1732295895462,"msg":"no","err":{"message":"boom","code":"E1"}}', "error", "no: E1: boom"),
    ('{"severity":"CRITICAL","message":"no"}', "fatal", "no"),
    ('time=2026-11-22T17:16:44Z level=warning msg="it is \\"odd\\"" err="x y"', "warn", 'it is "odd": x y'),
    ("E0711 05:34:46.123456       1 main.go:123] it failed", "error", "it failed"),
    ("2026-11-22 17:16:43,976 ERROR cart it failed", "error", "cart it failed"),
    ("2026-11-22 17:17:40.767  WARN 1 --- [   main] shop.App : it failed", "warn", "it failed"),
    ("2026-11-22T17:17:40.767Z  INFO 1 --- [shop] [main] shop.App : fine", "info", "fine"),
    ("[2026-11-22 17:16:43,976] ERROR in app: it failed", "error", "in app: it failed"),
    ("2026/11/22 17:16:41 [emerg] 1#1: unknown directive", "fatal", "1#1: unknown directive"),
    ("2026-11-22 17:16:41.222 UTC [1] FATAL:  role does not exist", "fatal", "role does not exist"),
    (
        "1:M 22 Nov 2026 17:16:41.222 # Fatal error, cannot open config file",
        "warn",
        "Fatal error, cannot open config file",
    ),
    ("E, [2026-11-22T17:16:41.1 #1] ERROR -- : it failed", "error", "it failed"),
    ("2026-11-22T17:16:41.123456Z 0 [ERROR] [MY-010119] [Server] Aborting", "error", "[MY-010119] [Server] Aborting"),
    ("panic: assignment to entry in nil map", "fatal", "assignment to entry in nil map"),
    ("2026/11/22 17:16:40 web: listening", "", "web: listening"),
    ("plain words with an error in them", "", "plain words with an error in them"),
    ('{"log":"2026-11-22 17:16:43,976 ERROR no\\n","stream":"stderr","time":"2026-11-22T17:18:15.4Z"}', "error", "no"),
    ("{not json}", "", "{not json}"),
    ("", "", ""),
]


@pytest.mark.parametrize(("text", "level", "message"), LEVELS)
def test_a_line_is_taken_apart(text: str, level: str, message: str) -> None:
    said = lines.read(text)
    assert (said.level, said.message) == (level, message)


def test_times_are_read_in_every_common_form() -> None:
    expected = 1_795_367_801_000_000
    for text in (
        "2026-11-22T17:16:41Z x",
        "2026-11-22 17:16:41,000 INFO x",
        "2026/11/22 17:16:41 x",
        "2026-11-22T18:16:41+01:00 INFO x",
        '{"ts":"2026-11-22T17:16:41Z","level":"info","msg":"x"}',
        '{"ts":1795367801,"level":"info","msg":"x"}',
        '{"time":1795367801000,"level":30,"msg":"x"}',
        "2026-11-22T17:16:41.0Z stderr F x",
    ):
        assert lines.read(text).time == expected, text
    assert lines.read("no time").time is None


CALLS = [
    ('Get "http://users:8080": dial tcp: lookup users on 10.96.0.10:53: no such host', ["users:8080"], "name-unknown"),
    (
        'Get "http://c:8080": dial tcp 10.96.70.150:8080: connect: connection refused',
        ["c:8080", "10.96.70.150:8080"],
        "refused",
    ),
    ("dial tcp [fd00::1]:443: i/o timeout", ["[fd00::1]:443"], "timeout"),
    ("dial tcp 10.0.0.1:50051: connect: no route to host", ["10.0.0.1:50051"], "no-route"),
    (
        "HTTPConnectionPool(host='pay', port=8080): Max retries exceeded: [Errno 111] Connection refused",
        ["pay:8080"],
        "refused",
    ),
    ('connection to server at "db" (10.0.0.1), port 5432 failed: Connection refused', ["db:5432"], "refused"),
    ('could not translate host name "db.shop" to address: Name or service not known', ["db.shop"], "name-unknown"),
    ("java.net.UnknownHostException: payment: Temporary failure in name resolution", ["payment"], "name-unanswered"),
    ("org.postgresql.util.PSQLException: Connection to db:5432 refused.", ["db:5432"], ""),
    ("AnnotatedConnectException: Connection refused: db/10.0.0.1:5432", ["10.0.0.1:5432"], "refused"),
    ("Error: connect ECONNREFUSED 10.96.0.5:5432", ["10.96.0.5:5432"], "refused"),
    ("Error: getaddrinfo ENOTFOUND payment", ["payment"], "name-unknown"),
    ("getaddrinfo EAI_AGAIN db", ["db"], "name-unanswered"),
    ("Error -2 connecting to redis:6379. Name or service not known.", ["redis:6379"], "name-unknown"),
    ("Can't connect to MySQL server on 'db' (111)", ["db"], "refused"),
    ("Unknown MySQL server host 'db' (-2)", ["db"], "name-unknown"),
    ("Failed to open TCP connection to api:80 (getaddrinfo: Name or service not known)", ["api:80"], "name-unknown"),
    ('Connection refused - connect(2) for "db" port 5432', ["db:5432"], "refused"),
    ("php_network_getaddresses: getaddrinfo for db failed: Name or service not known", ["db"], "name-unknown"),
    ("HttpRequestException: Connection refused (payments:8080)", ["payments:8080"], "refused"),
    ("error sending request for url (http://pay:8080/): tcp connect error (os error 111)", ["pay:8080"], "refused"),
    ("curl: (6) Could not resolve host: payment", ["payment"], "name-unknown"),
    ("curl: (7) Failed to connect to pay port 8080 after 1 ms: Couldn't connect to server", ["pay:8080"], "refused"),
    ("wget: bad address 'payment:8080'", ["payment:8080"], "name-unknown"),
    ("nc: bad address 'queue'", ["queue"], "name-unknown"),
    ("** server can't find queue.shop.svc.cluster.local: NXDOMAIN", ["queue.shop.svc.cluster.local"], "name-unknown"),
    ('host not found in upstream "payment" in /etc/nginx/conf.d/d.conf:3', ["payment"], "name-unknown"),
    (
        "mongo-0.mongo:27017: timed out, mongo-1.mongo:27017: timed out",
        ["mongo-0.mongo:27017", "mongo-1.mongo:27017"],
        "timeout",
    ),
    ("jdbc:postgresql://db.shop.svc:5432/app: the connection attempt failed", ["db.shop.svc:5432"], ""),
    ("mongodb://u:p@m1:27017,m2:27018/x is unreachable", ["m1:27017", "m2:27018"], "unavailable"),
    ("lookup db on 10.96.0.10:53: read udp 10.1.2.3:444->10.96.0.10:53: i/o timeout", ["db"], "name-unanswered"),
    ("lookup db on 10.96.0.10:53: server misbehaving", ["db"], "name-unanswered"),
    ("GET http://cart:8080: 503 Service Unavailable", ["cart:8080"], "unavailable"),
    ('x509: certificate has expired, calling "https://idp.example.com/keys"', ["idp.example.com:443"], "tls"),
]


@pytest.mark.parametrize(("text", "addresses", "trouble"), CALLS)
def test_failed_calls_are_read_in_every_runtime_s_words(text: str, addresses: list[str], trouble: str) -> None:
    assert (written(text), hosts.trouble(text)) == (addresses, trouble)


@pytest.mark.parametrize(
    "text",
    [
        "main.go:34 started at 12:34:56",
        'File "/app/x.py", line 3, in f',
        "image sha256:9f12c0aa pulled",
        "listening on 0.0.0.0:8080",
        "listening on :8080, 2 dependencies",
        "error: exit status: 1",
        "request from 10.1.2.3:5555 client: 10.1.2.4",
        "at shop.App.main(App.java:61)",
        "ratio 3:2, attempt:4",
    ],
)
def test_what_is_no_address_is_not_taken_for_one(text: str) -> None:
    assert written(text) == []


def test_an_nginx_upstream_is_read_and_its_client_is_not() -> None:
    text = (
        "connect() failed (111: Connection refused) while connecting to upstream, client: 10.1.2.3, server: , "
        'request: "GET / HTTP/1.1", upstream: "http://10.96.0.1:8080/", host: "x"'
    )
    assert written(text) == ["10.96.0.1:8080"]


def test_hints_are_words_that_may_be_hosts() -> None:
    assert hosts.hints("waiting for queue") == ("queue",)
    assert hosts.hints("payments is not available after 30s, exiting") == ("payments",)
    assert hosts.hints("waiting for connections") == ()
    assert "db" in hosts.hints("call to db failed")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("db", Address("db")),
        ("db:5432", Address("db", 5432)),
        ("http://x/", Address("x", 80)),
        ("https://x.example:8443/a", Address("x.example", 8443)),
        ("[::1]:80", Address("::1", 80)),
        ("::1", Address("::1")),
        ("10.0.0.1", Address("10.0.0.1")),
        ("a b", None),
        ("", None),
        ("x:99999", None),
    ],
)
def test_an_address_alone_is_parsed(text: str, expected: Address | None) -> None:
    assert hosts.parse(text) == expected


def test_the_nameserver_of_a_lookup_is_known() -> None:
    assert str(hosts.nameserver("lookup a on 10.96.0.10:53: no such host")) == "10.96.0.10:53"
    assert str(hosts.nameserver("read udp 10.1.2.3:44->10.96.0.10:53: i/o timeout")) == "10.96.0.10:53"
    assert hosts.nameserver("nothing") is None


JAVA = """
2026-11-22 17:18:08.841 ERROR 1 --- [main] shop.App : call to pay failed
lab.http.ResourceAccessException: I/O error on GET request for "http://pay:8080"
\tat lab.shop.client.RestClient.execute(RestClient.java:211)
Caused by: java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.connect(Net.java:589)
\t... 12 common frames omitted
2026-11-22 17:18:10.841 ERROR 1 --- [main] shop.App : pay is not available after 30s, exiting
"""


def test_a_java_trace_is_one_record_whose_root_is_its_last_cause() -> None:
    first, last = records(JAVA)
    assert first.telling.text == "Caused by: java.net.ConnectException: Connection refused"
    assert (first.telling.number, last.telling.number) == (4, 7)
    assert [str(a) for a in first.addresses] == ["pay:8080"]
    assert (first.trouble, last.hints) == ("refused", ("pay",))
    assert "RestClient.java" not in first.text


def test_a_python_traceback_ends_with_what_it_says() -> None:
    first, last = records(
        "starting\n"
        "Traceback (most recent call last):\n"
        '  File "/app/x.py", line 3, in f\n'
        "    raise X\n"
        "KeyError: 'a'\n"
        "\n"
        "During handling of the above exception, another exception occurred:\n"
        "\n"
        "Traceback (most recent call last):\n"
        '  File "/app/x.py", line 9, in g\n'
        "RuntimeError: cannot start\n"
        "bye\n"
    )
    assert first.telling.text == "RuntimeError: cannot start"
    assert first.bad
    assert (last.text, last.bad) == ("bye", False)


def test_a_go_panic_is_one_record_without_its_goroutines() -> None:
    first, panic = records(
        "2026/11/22 17:16:40 web: starting\n"
        "panic: assignment to entry in nil map\n"
        "\n"
        "goroutine 7 [running]:\n"
        "main.start.func2()\n"
        "\t/src/faults.go:40 +0x4c\n"
        "created by main.main in goroutine 1\n"
        "\t/src/main.go:3\n"
    )
    assert not first.bad
    assert (panic.level, panic.text) == ("fatal", "assignment to entry in nil map")
    assert panic.telling.number == 2


def test_a_node_error_keeps_its_fields() -> None:
    (record,) = records(
        "Error: connect ECONNREFUSED 10.96.0.5:5432\n"
        "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16) {\n"
        "  errno: -111,\n"
        "  code: 'ECONNREFUSED',\n"
        "  address: '10.96.0.5',\n"
        "  port: 5432\n"
        "}\n"
    )
    assert [str(a) for a in record.addresses] == ["10.96.0.5:5432"]
    assert record.trouble == "refused"


def test_dotnet_and_ruby_traces_are_records() -> None:
    (dotnet,) = records(
        "Unhandled exception. System.Net.Http.HttpRequestException: Connection refused (pay:8080)\n"
        " ---> System.Net.Sockets.SocketException (111): Connection refused\n"
        "   at System.Net.Http.ConnectAsync()\n"
        "   --- End of inner exception stack trace ---\n"
    )
    assert dotnet.telling.number == 2
    assert [str(a) for a in dotnet.addresses] == ["pay:8080"]
    (ruby,) = records(
        '/app/x.rb:3:in `connect\': Connection refused - connect(2) for "db" port 5432 (Errno::ECONNREFUSED)\n'
        "\tfrom /app/x.rb:9:in `main'\n"
    )
    assert [str(a) for a in ruby.addresses] == ["db:5432"]


def test_last_words_are_the_trouble_at_the_end_else_the_last_record() -> None:
    quiet = "\n".join(f"2026-11-22T10:00:{n:02d}Z INFO served {n}" for n in range(30))
    assert [r.text for r in log(quiet + "\n").last_words()] == ["served 29"]
    early = "2026-11-22T09:59:00Z ERROR old\n"
    words = log(early + quiet + "\n2026-11-22T10:01:00Z ERROR new\n2026-11-22T10:01:01Z INFO bye\n").last_words()
    assert [r.text for r in words] == ["new"]


def test_recent_complaints_are_those_of_the_last_minute() -> None:
    text = (
        "2026-11-22T10:00:00Z ERROR old trouble\n"
        "2026-11-22T10:04:30Z ERROR new trouble\n"
        "2026-11-22T10:05:00Z INFO request served\n"
    )
    assert [r.text for r in log(text).recent()] == ["new trouble"]


def test_an_empty_and_an_absent_log_say_nothing() -> None:
    assert log("").records == ()
    pod: Any = _Pod()
    absent = Log(pod, None, "web", previous=True)
    assert not absent
    assert absent.last_words() == ()
    assert list(absent.troubled()) == []


def test_a_record_proves_with_its_line_and_number() -> None:
    proof = records(JAVA)[0].prove()
    assert proof.evidence == "logs/shop/web-1/web.log:4"
    assert (proof.field, proof.value) == ("log of web", "Caused by: java.net.ConnectException: Connection refused")


def test_only_the_tail_of_a_long_log_is_read_and_numbered_right() -> None:
    text = "".join(f"line {n}\n" for n in range(1, 5001)) + "ERROR the end\n"
    (last,) = log(text).last_words()
    assert last.telling.number == 5001


def test_hostile_bytes_do_no_harm() -> None:
    kept = Logs()
    kept.add(
        KEY, "x.log", io.BytesIO(b"\xff\xfe\x00\x1b[31mERROR \x1b[0mno\n" + b"{" * 3000 + b"\n" + b"a=" * 5000 + b"\n")
    )
    pod: Any = _Pod()
    assert len(Log(pod, kept.get(KEY), "web", previous=False).records) >= 1
