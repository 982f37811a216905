import asyncio
import socket
import threading
import urllib.request

import pytest

from ag2obs.testing import NetworkBlockedError, block_network

ELSEWHERE = "203.0.113.7"  # TEST-NET-3 of RFC 5737: belongs to nobody


@pytest.mark.parametrize("call", ["connect", "connect_ex"])
def test_a_connection_elsewhere_is_refused(call):
    with socket.socket() as sock, pytest.raises(NetworkBlockedError, match=ELSEWHERE):
        getattr(sock, call)((ELSEWHERE, 443))


def test_a_datagram_elsewhere_is_refused():
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(NetworkBlockedError):
        sock.sendto(b"x", (ELSEWHERE, 53))


@pytest.mark.parametrize("host", ["api.example.com", b"api.example.com", ELSEWHERE, "2001:db8::1"])
def test_a_name_elsewhere_is_not_looked_up(host):
    with pytest.raises(NetworkBlockedError):
        socket.getaddrinfo(host, 443)


def test_clients_and_threads_are_covered():
    with pytest.raises(NetworkBlockedError):
        urllib.request.urlopen("http://api.example.com/")
    caught = []

    def elsewhere():
        try:
            socket.create_connection((ELSEWHERE, 443))
        except NetworkBlockedError as error:
            caught.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_asyncio_is_covered():
    with pytest.raises(NetworkBlockedError):
        asyncio.run(asyncio.open_connection("api.example.com", 443))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_this_machine_can_be_reached(host):
    with (
        socket.create_server(("0.0.0.0", 0)) as server,
        socket.create_connection((host, server.getsockname()[1])),
    ):
        pass


def test_a_pair_of_unix_sockets_and_local_datagrams_work():
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"x")
        assert other.recv(1) == b"x"
    with socket.socket(type=socket.SOCK_DGRAM) as receiver, socket.socket(type=socket.SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", 0))
        sender.sendto(b"y", 0, receiver.getsockname())
        assert receiver.recv(1) == b"y"


def test_everything_is_put_back_also_when_nested():
    before = (socket.socket.connect, socket.getaddrinfo)
    with block_network(), block_network():
        assert socket.socket.connect is not before[0]
    assert (socket.socket.connect, socket.getaddrinfo) == before
