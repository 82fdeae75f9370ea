"""Queue servers that are not ours: with a user of few rights, over TLS, behind Sentinels, and unfit ones."""

import re
import shutil
import ssl
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from certificates import Certificates, new_authority, sign
from pipeline.cli.checks import Outcome, server_check
from pipeline.errors import QueueError
from pipeline.model import QueueName
from pipeline.ports.queue import EntryRef
from pipeline.queues import RedisQueue
from pipeline.settings import Queue as QueueSection
from running import free_port, run, write_config, write_records
from threaded import in_thread
from toxic_proxy import ToxicProxy
from valkeys import speaks_tls, valkey, watched

ROOT = Path(__file__).parent.parent.parent
FORBIDDEN = (
    "FLUSHALL",
    "KEYS *",
    "CONFIG GET *",
    "GET other",
    "PUBLISH other word",
    "ACL LIST",
    "FUNCTION LIST",
    "SHUTDOWN",
)
#: with characters that have to be escaped in a URL
PASSWORD, IN_URL = "s3same@härbour/9", "s3same%40h%C3%A4rbour%2F9"


def acl_rules() -> str:
    """Read the rules of the user that the documentation gives."""
    page = (ROOT / "docs" / "queue.md").read_text()
    found = re.search(r"^    user newswire on >PASSWORD (.*)$", page, re.MULTILINE)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates")
    made = new_authority(tmp_path_factory.mktemp("certificates"))
    sign(made.folder, "good", "IP:127.0.0.1", "-days", "2")
    sign(made.folder, "us", "DNS:newswire.example", "-days", "2")
    return made


@pytest.fixture(scope="module")
def listener(
    certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ToxicProxy, redis.Redis]]:
    """A server with the documented user, behind a TLS listener that asks for a certificate.

    The embedded binary is built without TLS; what ends it here is what many put before their Redis.
    """
    context = certificates.server("good")
    context.load_verify_locations(certificates.authority)
    context.verify_mode = ssl.CERT_REQUIRED
    folder = tmp_path_factory.mktemp("server")
    with valkey(folder, {"appendonly": "yes"}) as server, server.client() as admin:
        admin.execute_command("ACL", "SETUSER", "newswire", "on", f">{PASSWORD}", *acl_rules().split())
        admin.execute_command("ACL", "SETUSER", "default", "off")
        with in_thread(ToxicProxy(target=server.port, tls=context)) as proxy:
            yield proxy, admin


def _queue(proxy: ToxicProxy, certificates: Certificates, *files: str) -> dict[str, str]:
    """Write the section of the configuration."""
    paths = {"ca_file": "ca.pem", "cert_file": "us.pem", "key_file": "us.key"}
    url = f"rediss://newswire:{IN_URL}@127.0.0.1:{proxy.port}/0"
    return {"url": url, **{name: str(certificates.folder / paths[name]) for name in files}}


def _env(url: str) -> dict[str, str]:
    """Give what wins over the queue server that all other tests may have been given."""
    return {"NEWSWIRE_QUEUE__URL": url}


def _refused(admin: redis.Redis) -> list[object]:
    """List what the user was refused; before Redis 7 CLIENT is one command, and counts as dangerous."""
    logged = [each for each in admin.acl_log() if each["username"] == "newswire"]
    return [each for each in logged if each["object"] != "client"]


def _opened(section: dict[str, str]) -> RedisQueue:
    address = QueueSection(**section).address
    assert address
    return RedisQueue(address)


def test_the_documented_user_can_do_all_the_work_over_tls_with_a_certificate(
    listener: tuple[ToxicProxy, redis.Redis], certificates: Certificates, tmp_path: Path
) -> None:
    proxy, admin = listener
    section = _queue(proxy, certificates, "ca_file", "cert_file", "key_file")
    data, config = (
        tmp_path / "data",
        write_config(tmp_path / "config", topics=False, queue=section, workers={"wire": 1}),
    )
    records = write_records(tmp_path / "records.jsonl", 20)
    taken = run("import", str(records), "--wait", data=data, config=config, env=_env(section["url"]))
    assert taken.returncode == 0, taken.stderr
    assert "20 new" in taken.stderr
    assert _refused(admin) == []
    assert "s3same" not in taken.stderr


def test_the_documented_user_can_do_nothing_else(
    listener: tuple[ToxicProxy, redis.Redis], certificates: Certificates
) -> None:
    own = _opened(_queue(listener[0], certificates, "ca_file", "cert_file", "key_file"))
    for forbidden in FORBIDDEN:
        with pytest.raises(redis.ResponseError, match=r"permission|unknown command"):
            own._client.execute_command(*forbidden.split())
    own.close()


@pytest.mark.parametrize(
    "files", [(), ("cert_file", "key_file"), ("ca_file",)], ids=["none", "no authority", "no certificate"]
)
def test_without_the_right_certificates_nothing_is_said(
    files: tuple[str, ...], listener: tuple[ToxicProxy, redis.Redis], certificates: Certificates
) -> None:
    queue = _opened(_queue(listener[0], certificates, *files))
    with pytest.raises(QueueError, match="the queue server does not work") as caught:
        queue.probe()
    assert "s3same" not in str(caught.value)
    queue.close()


def _send_when_it_works(queue: RedisQueue) -> None:
    began = time.monotonic()
    while True:
        try:
            queue.send([EntryRef(id=2, queue=QueueName.WIRE)])
        except QueueError:
            assert time.monotonic() - began < 30
            time.sleep(0.1)
        else:
            return


def test_sentinels_lead_to_the_new_primary_and_who_only_looks_waits_for_none_of_them(tmp_path: Path) -> None:
    with watched(tmp_path) as servers:
        queue = RedisQueue(servers.url)
        queue.send([EntryRef(id=1, queue=QueueName.WIRE)])
        assert queue.server().replica is False
        servers.primary.kill()
        _send_when_it_works(queue)
        with servers.replica.client() as replica:
            assert replica.llen("rq:queue:wire") >= 1
        assert queue._client.connection_pool.get_master_address()[1] == servers.replica.port
        queue.close()
    looking = RedisQueue(servers.url, patience_s=0.5)
    began = time.monotonic()
    with pytest.raises(QueueError, match="No master found"):
        looking.states()
    assert time.monotonic() - began < 3
    looking.close()


def test_the_documented_user_can_do_all_the_work_over_a_unix_socket(tmp_path: Path) -> None:
    place = Path(tempfile.mkdtemp(prefix="newswire-"))  # the paths of sockets are short
    rules = f"newswire on >{PASSWORD} {acl_rules()}"
    options = {"unixsocket": str(place / "q"), "user": rules, "appendonly": "yes"}
    try:
        with valkey(tmp_path / "server", options) as server, server.client() as admin:
            url = f"unix://newswire:{IN_URL}@{place}/q?db=3"
            data, config = (
                tmp_path / "data",
                write_config(tmp_path / "config", topics=False, queue={"url": url}, workers={"wire": 1}),
            )
            records = write_records(tmp_path / "records.jsonl", 20)
            taken = run("import", str(records), "--wait", data=data, config=config, env=_env(url))
            assert taken.returncode == 0, taken.stderr
            assert "20 new" in taken.stderr
            assert set(admin.info("keyspace")) == {"db3"}
            assert _refused(admin) == []
            asked = run("doctor", data=data, config=config, env=_env(url))
            assert f"queue: {admin.info().get('server_name', 'redis').title()}" in asked.stdout
            assert "s3same" not in taken.stderr + asked.stdout + asked.stderr
    finally:
        shutil.rmtree(place)


def test_sentinels_and_servers_that_ask_for_passwords_lead_to_the_new_primary(tmp_path: Path) -> None:
    users = f"newswire on >{PASSWORD} {acl_rules()}"
    with watched(tmp_path, passwords=("of-the-servers", "of-the-sentinels"), users=users) as servers:
        hosts = servers.url.removeprefix("redis+sentinel://")
        url = f"redis+sentinel://newswire:{IN_URL}@{hosts}?sentinel_password="
        wrong = RedisQueue(f"{url}of-the-servers", patience_s=0.5)
        with pytest.raises(QueueError, match="No master found") as caught:
            wrong.probe()
        assert "s3same" not in str(caught.value)
        wrong.close()
        queue = RedisQueue(f"{url}of-the-sentinels")
        queue.send([EntryRef(id=1, queue=QueueName.WIRE)])
        servers.primary.kill()
        _send_when_it_works(queue)
        assert queue._client.connection_pool.get_master_address()[1] == servers.replica.port
        queue.probe()
        queue.close()


def test_a_server_that_speaks_tls_itself_is_reached_by_the_documented_user(
    certificates: Certificates, tmp_path: Path
) -> None:
    port = free_port()
    options = {
        "tls-port": str(port),
        "tls-ca-cert-file": certificates.authority,
        "tls-cert-file": str(certificates.folder / "good.pem"),
        "tls-key-file": str(certificates.folder / "good.key"),
        "user": f"newswire on >{PASSWORD} {acl_rules()}",
        "appendonly": "yes",
    }
    if not speaks_tls(tmp_path / "asked"):
        pytest.skip("this queue server is built without TLS, as the packaged one: see NEWSWIRE_TEST_REDIS")
    with valkey(tmp_path / "server", options) as server, server.client() as admin:
        section = {
            "url": f"rediss://newswire:{IN_URL}@127.0.0.1:{port}/0",
            "ca_file": certificates.authority,
            "cert_file": str(certificates.folder / "us.pem"),
            "key_file": str(certificates.folder / "us.key"),
        }
        data, config = (
            tmp_path / "data",
            write_config(tmp_path / "config", topics=False, queue=section, workers={"wire": 1}),
        )
        records = write_records(tmp_path / "records.jsonl", 20)
        taken = run("import", str(records), "--wait", data=data, config=config, env=_env(section["url"]))
        assert taken.returncode == 0, taken.stderr
        assert "20 new" in taken.stderr
        assert _refused(admin) == []
        bare = _opened({"url": section["url"], "ca_file": certificates.authority})
        with pytest.raises(QueueError, match="the queue server does not work"):
            bare.probe()
        bare.close()


def test_a_server_that_cannot_do_the_work_is_refused_and_one_that_forgets_is_warned_of(
    tmp_path: Path,
) -> None:
    options = {"cluster-enabled": "yes", "maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"}
    # Its other port is 10,000 above; only since Redis 7 it could be named.
    port = next(port for port in iter(free_port, 0) if port < 55_000)
    with valkey(tmp_path / "server", options, port=port) as server:
        config = write_config(tmp_path / "config", topics=False, queue={"url": server.url})
        done = run("fetch", data=tmp_path / "data", config=config, env=_env(server.url))
        assert done.returncode == 1
        assert "queue.url: it is part of a Redis Cluster" in done.stderr.splitlines()[-1]
        queue = RedisQueue(server.url)
        found = {(check.outcome, check.words.partition(":")[0]) for check in server_check("queue", queue)}
        queue.close()
    assert {
        (Outcome.FAIL, "it is part of a Redis Cluster, which the queues cannot use"),
        (Outcome.WARN, "maxmemory-policy is allkeys-lru"),
        (Outcome.WARN, "it keeps no append-only file"),
    } <= found
