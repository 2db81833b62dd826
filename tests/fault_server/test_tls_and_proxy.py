"""The TLS fault server and the proxy are real: httpx distrusts, trusts and tunnels as it should."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sekha.testing import CutShort, Drop, FaultServer, Gateway, Stall
from support.certificates import Authority
from support.forward_proxy import ForwardProxy
from support.tiny_backend import TinyBackend

KEY = "obviously-fake-key-0123456789-abcdef"
HEADERS = {"authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def secure(authority: Authority) -> Iterator[FaultServer]:
    with FaultServer(TinyBackend(), tls=authority.server()) as fault_server:
        yield fault_server


@pytest.fixture
def plain() -> Iterator[FaultServer]:
    with FaultServer(TinyBackend()) as fault_server:
        yield fault_server


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    with ForwardProxy() as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def no_proxy_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class TestTls:
    def test_distrusted_by_default(self, secure: FaultServer) -> None:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{secure.base_url}/x", headers=HEADERS)
        assert secure.arrivals == []

    def test_trusted_with_its_authority(self, secure: FaultServer, authority: Authority) -> None:
        assert secure.base_url.startswith("https://127.0.0.1:")
        with httpx.Client(verify=authority.client()) as client:
            assert client.get(f"{secure.base_url}/x").json()["path"] == "/x"

    def test_trusted_through_the_environment(
        self, secure: FaultServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert httpx.get(f"{secure.base_url}/x").status_code == 200

    @pytest.mark.parametrize(
        "name, expired, reason",
        [("other.test", False, "mismatch"), ("127.0.0.1", True, "expired")],
    )
    def test_a_wrong_name_and_a_date_gone_by_are_refused(
        self, authority: Authority, name: str, expired: bool, reason: str
    ) -> None:
        with FaultServer(
            TinyBackend(), tls=authority.server(name, expired=expired)
        ) as fault_server:
            with httpx.Client(verify=authority.client()) as client:
                with pytest.raises(httpx.ConnectError, match=reason):
                    client.get(f"{fault_server.base_url}/x")

    def test_faults_come_through_tls_too(self, secure: FaultServer, authority: Authority) -> None:
        secure.script(Drop(carried_out=True), CutShort(), Stall(carried_out=False), Gateway(502))
        with httpx.Client(verify=authority.client(), base_url=secure.base_url) as client:
            # Python's blocking TLS takes a reset for an end.
            for _ in range(2):
                with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                    client.get("/x")
            with pytest.raises(httpx.ReadTimeout):
                client.get("/x", timeout=0.2)
            assert client.get("/x").status_code == 502
            assert client.get("/x").status_code == 200
        secure.settle()
        assert [each.carried_out for each in secure.arrivals] == [True, True, False, False, True]


class TestProxy:
    def test_a_plain_request_is_passed_on_and_recorded(
        self, plain: FaultServer, proxy: ForwardProxy
    ) -> None:
        with httpx.Client(proxy=proxy.base_url) as client:
            answers = [
                client.post(f"{plain.base_url}/a%2Fb?q=1", json={"n": n}, headers=HEADERS)
                for n in range(2)
            ]
        assert [each.json()["got"] for each in answers] == [{"n": 0}, {"n": 1}]
        assert [each.target for each in proxy.passages] == [f"{plain.base_url}/a%2Fb?q=1"] * 2
        assert proxy.passages[0].headers["authorization"] == HEADERS["authorization"]
        assert bytes(proxy.passages[0].sent) == b'{"n":0}'
        assert [(each.path, each.params) for each in plain.arrivals] == [("/a%2Fb", {"q": "1"})] * 2

    def test_tls_goes_through_a_tunnel_that_sees_no_key(
        self, secure: FaultServer, proxy: ForwardProxy, authority: Authority
    ) -> None:
        with httpx.Client(proxy=proxy.base_url, verify=authority.client()) as client:
            for _ in range(2):
                assert client.get(f"{secure.base_url}/x", headers=HEADERS).status_code == 200
        (passage,) = proxy.passages
        assert (passage.method, passage.target) == ("CONNECT", secure.authority)
        assert len(secure.arrivals) == 2
        assert secure.arrivals[0].headers["authorization"] == HEADERS["authorization"]
        assert len(passage.sent) > 200 and KEY.encode() not in passage.sent
        assert "authorization" not in passage.headers

    def test_a_tunnel_does_not_hide_a_wrong_certificate(
        self, secure: FaultServer, proxy: ForwardProxy
    ) -> None:
        with httpx.Client(proxy=proxy.base_url) as client:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                client.get(f"{secure.base_url}/x", headers=HEADERS)
        assert len(proxy.passages) == 1 and secure.arrivals == []

    async def test_found_in_the_environment(
        self, plain: FaultServer, proxy: ForwardProxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url)
        async with httpx.AsyncClient() as client:
            await client.get(f"{plain.base_url}/x")
        assert len(proxy.passages) == len(plain.arrivals) == 1

    def test_wants_credentials(self, plain: FaultServer, secure: FaultServer) -> None:
        with ForwardProxy(credentials="user:word") as proxy:
            with httpx.Client(proxy=proxy.base_url) as client:
                assert client.get(f"{plain.base_url}/x").status_code == 407
                with pytest.raises(httpx.ProxyError, match="407"):
                    client.get(f"{secure.base_url}/x")
            with httpx.Client(proxy=f"http://user:word@{proxy.authority}") as client:
                assert client.get(f"{plain.base_url}/x").status_code == 200
        assert len(plain.arrivals) == 1
        assert "proxy-authorization" not in plain.arrivals[0].headers

    def test_broken(self, plain: FaultServer, secure: FaultServer) -> None:
        with ForwardProxy(broken=True) as proxy, httpx.Client(proxy=proxy.base_url) as client:
            assert client.get(f"{plain.base_url}/x").status_code == 502
            with pytest.raises(httpx.ProxyError, match="502"):
                client.get(f"{secure.base_url}/x")
        assert plain.arrivals == secure.arrivals == []

    @pytest.mark.parametrize("target", ["http://example.test/x", "http://127.0.0.1:1/x"])
    def test_leads_nowhere_but_to_loopback(self, proxy: ForwardProxy, target: str) -> None:
        with httpx.Client(proxy=proxy.base_url) as client:
            assert client.get(target).status_code == 502

    def test_a_broken_connection_behind_it_is_broken_before_it(
        self, plain: FaultServer, secure: FaultServer, proxy: ForwardProxy, authority: Authority
    ) -> None:
        plain.script(Drop(carried_out=False))
        secure.script(Drop(carried_out=False))
        with httpx.Client(proxy=proxy.base_url, verify=authority.client()) as client:
            for fault_server in (plain, secure):
                with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                    client.get(f"{fault_server.base_url}/x")
                assert client.get(f"{fault_server.base_url}/x").status_code == 200
