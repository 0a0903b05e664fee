"""Fetching from a server of our own: checks, resuming, mirrors; and unpacking what came."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.vision.pictures import write_mnist
from tracegrad.errors import DownloadError
from tracegrad.vision.datasets import MNIST
from tracegrad.vision.datasets import archive as archives
from tracegrad.vision.datasets.archive import unpack
from tracegrad.vision.datasets.download import RemoteFile, fetch

DATA = bytes(range(256)) * 400
MD5 = hashlib.md5(DATA).hexdigest()


class Server(ThreadingHTTPServer):
    """Gives files by name; some of them in bad ways.

    Attributes:
        asked: paths and ranges of all requests.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = {"good": DATA, "other": b"something else", "cut": DATA, "plain": DATA}
        self.asked = []

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        name, span = self.path[1:], self.headers.get("Range")
        self.server.asked.append((name, span))
        data = self.server.files.get(name)
        if data is None:
            self.send_error(404)
            return
        start = int(span[6:-1]) if span and name != "plain" else 0
        if start >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start : len(data) // 2 if name == "cut" else None])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def file_of(server, *names, md5=MD5):
    return RemoteFile("data.bin", tuple(server.url(name) for name in names), md5)


# -- fetching --------------------------------------------------------------------------------------


def test_a_file_is_fetched_once(server, tmp_path, capfd):
    path = fetch(file_of(server, "good"), tmp_path / "new")
    assert path.read_bytes() == DATA
    assert list((tmp_path / "new").iterdir()) == [path]
    fetch(file_of(server, "good"), tmp_path / "new")
    assert server.asked == [("good", None)]
    assert capfd.readouterr() == ("", "")  # no terminal, no progress


def test_a_file_of_another_checksum_is_fetched_again(server, tmp_path):
    (tmp_path / "data.bin").write_bytes(b"old")
    assert fetch(file_of(server, "good"), tmp_path).read_bytes() == DATA


def test_the_next_mirror_is_asked_when_one_fails(server, tmp_path):
    path = fetch(file_of(server, "none", "other", "good"), tmp_path)
    assert path.read_bytes() == DATA
    assert [name for name, _ in server.asked] == ["none", "other", "good"]


def test_when_all_mirrors_fail_each_is_named_with_its_reason_and_nothing_is_left(server, tmp_path):
    with pytest.raises(DownloadError, match=r"Error downloading data.bin:") as caught:
        fetch(file_of(server, "none", "other"), tmp_path)
    message = str(caught.value)
    assert re.search(re.escape(server.url("none")) + r" +HTTP 404 Not Found\n", message)
    assert f"its MD5 is {hashlib.md5(b'something else').hexdigest()}, expected {MD5}" in message
    assert f"{server.url('none')}\n    -> {tmp_path}" in message
    assert isinstance(caught.value, RuntimeError)
    assert list(tmp_path.iterdir()) == []


def test_a_connection_that_breaks_is_gone_on_with(server, tmp_path):
    with pytest.raises(DownloadError, match="ended after 51,200 of 102,400 bytes; call again"):
        fetch(file_of(server, "cut"), tmp_path)
    assert (tmp_path / "data.bin.part").stat().st_size == 51_200
    path = fetch(file_of(server, "good"), tmp_path)
    assert path.read_bytes() == DATA
    assert server.asked[-1] == ("good", "bytes=51200-")
    assert list(tmp_path.iterdir()) == [path]


def test_a_server_that_cannot_go_on_starts_again(server, tmp_path):
    (tmp_path / "data.bin.part").write_bytes(DATA[:1000])
    assert fetch(file_of(server, "plain"), tmp_path).read_bytes() == DATA
    assert server.asked == [("plain", "bytes=1000-")]


@pytest.mark.parametrize("rest", [b"of another file", DATA + b"more", DATA])
def test_a_beginning_that_does_not_fit_is_thrown_away(rest, server, tmp_path):
    (tmp_path / "data.bin.part").write_bytes(rest)
    assert fetch(file_of(server, "good"), tmp_path).read_bytes() == DATA


def test_where_nobody_listens_the_message_says_what_to_do_by_hand(tmp_path, server):
    server.server_close()
    with pytest.raises(DownloadError, match="without a network: fetch elsewhere, and put into"):
        fetch(file_of(server, "good"), tmp_path)


def test_other_addresses_than_those_of_http_are_not_opened(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(DATA)
    with pytest.raises(DownloadError, match="only addresses of http and https are fetched"):
        fetch(RemoteFile("data.bin", (secret.as_uri(),), MD5), tmp_path / "new")


def test_a_dataset_downloads_its_files_and_reads_them(server, tmp_path, monkeypatch):
    write_mnist(tmp_path / "official")
    folder = tmp_path / "official" / "MNIST" / "raw"
    server.files = {path.name: path.read_bytes() for path in folder.iterdir()}
    resources = [(name, hashlib.md5(server.files[name]).hexdigest()) for name, _ in MNIST.resources]
    monkeypatch.setattr(MNIST, "resources", resources)
    monkeypatch.setattr(MNIST, "mirrors", [server.url("")])
    data = MNIST(tmp_path / "fetched", download=True)
    assert (data.data == MNIST(tmp_path / "official").data).all()
    count = len(server.asked)
    MNIST(tmp_path / "fetched", train=False, download=True)
    assert len(server.asked) == count == 4


# -- unpacking -------------------------------------------------------------------------------------


def tar_of(path: Path, *members, mode="w:gz"):
    """Members are names with bytes, or whole TarInfos."""
    with tarfile.open(path, mode) as tarred:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tarred.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            tarred.addfile(info, io.BytesIO(member[1]))
    return path


def zip_of(path: Path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in members:
            zipped.writestr(name, data)
    return path


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_an_archive_is_unpacked_into_its_folder(make, tmp_path):
    archive = make(
        tmp_path / "a", ("data/x.txt", b"x"), ("data/deep/y.txt", b"y"), ("./data/z", b"z")
    )
    target = unpack(archive, tmp_path / "here", "data")
    assert target == tmp_path / "here" / "data"
    assert (target / "deep" / "y.txt").read_bytes() == b"y"
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["data"]


ESCAPES = ["../evil", "data/../../evil", "/tmp/evil", "data\\..\\..\\evil", "C:/evil"]


@pytest.mark.parametrize("make", [tar_of, zip_of])
@pytest.mark.parametrize("name", ESCAPES)
def test_an_archive_cannot_write_outside_of_its_folder(make, name, tmp_path):
    archive = make(tmp_path / "a", ("data/x.txt", b"x"), (name, b"evil"))
    with pytest.raises(DownloadError, match="which leads out of its folder"):
        unpack(archive, tmp_path / "here", "data")
    assert list((tmp_path / "here").iterdir()) == []
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "member",
    [
        link("data/link", "/etc/passwd"), link("data/link", "../.."),
        link("data/hard", "../../a", tarfile.LNKTYPE), link("data/pipe", "", tarfile.FIFOTYPE),
        link("data/device", "", tarfile.CHRTYPE),
    ],
)  # fmt: skip
def test_links_and_devices_are_refused(member, tmp_path):
    archive = tar_of(tmp_path / "a", member, ("data/link/x", b"x"))
    with pytest.raises(DownloadError, match="which is no plain file"):
        unpack(archive, tmp_path / "here", "data")
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_small_archive_of_much_data_is_stopped(make, tmp_path, monkeypatch):
    archive = make(tmp_path / "a", *[(f"data/{n}", bytes(400_000)) for n in range(3)])
    assert archive.stat().st_size < 20_000
    monkeypatch.setattr(archives, "MOST_BYTES", 10**6)
    with pytest.raises(
        DownloadError, match=r"unpacks to more than 1,000,000 bytes \(at 'data/2'\)"
    ):
        unpack(archive, tmp_path / "here", "data")
    monkeypatch.setattr(archives, "MOST_FILES", 2)
    with pytest.raises(DownloadError, match="has more than 2 files"):
        unpack(archive, tmp_path / "here", "data")
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_damaged_archive_leaves_the_old_folder(make, tmp_path):
    whole = make(tmp_path / "a", ("data/x", b"new" * 1000), ("data/y", bytes(range(256)) * 99))
    (tmp_path / "here" / "data").mkdir(parents=True)
    (tmp_path / "here" / "data" / "x").write_text("old")
    data = whole.read_bytes()
    for damaged in (data[: len(data) // 2], b"no archive", gzip.compress(b"no archive")):
        whole.write_bytes(damaged)
        with pytest.raises(DownloadError, match=r"is damaged: (.|\n)*fetch it again"):
            unpack(whole, tmp_path / "here", "data")
    assert (tmp_path / "here" / "data" / "x").read_text() == "old"
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["data"]


def test_an_archive_of_something_else_is_refused_with_what_it_holds(tmp_path):
    archive = zip_of(tmp_path / "a", ("other/x", b"x"))
    with pytest.raises(DownloadError, match="has no folder 'data', but other"):
        unpack(archive, tmp_path / "here", "data")
