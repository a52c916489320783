"""What is fetched is checked before it is kept; without a network there is one clear message."""

from __future__ import annotations

import http.server
import os
import tarfile
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from data.files import archive_of, small_cifar10, small_mnist, sum_of, zipped
from gatewise import data
from gatewise._errors import DataFileError, MissingDataError, SaveError
from gatewise.data import fetching, places, sets

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class Site:
    """A web site on this machine: what each path answers, and the paths that were asked for."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.pages: dict[str, bytes | Answer] = {}
        self.asked: list[str] = []


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            page = site.pages.get(self.path)
            if page is None:
                self.send_error(404, "Not Found")
            elif callable(page):
                page(self)
            else:
                self.send_response(200)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                try:
                    self.wfile.write(page)
                except OSError:  # the reader had enough
                    pass

        def log_message(self, *_: object) -> None:
            pass

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site = Site(f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setattr(fetching, "CIFAR10", site.address + "cifar.tar.gz")
        monkeypatch.setattr(fetching, "MNIST", site.address)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture
def cifar10_on(site, monkeypatch) -> Callable[..., tuple[dict[str, bytes], np.ndarray]]:
    """Put an archive with six small batches on the site; other members come before them."""

    def put(*others: tarfile.TarInfo, without: str = "") -> tuple[dict[str, bytes], np.ndarray]:
        files, images, _ = small_cifar10(monkeypatch)
        inside = {f"cifar-10-batches-py/{name}": content for name, content in files.items() if name != without}
        site.pages["/cifar.tar.gz"] = archive_of(inside, *others)
        monkeypatch.setattr(sets, "CIFAR10_ARCHIVE", sum_of(site.pages["/cifar.tar.gz"]))
        return files, images

    return put


def test_cifar10_is_fetched_once_and_kept_in_the_cache(site, cifar10_on, cache, capsys):
    files, images = cifar10_on()
    found = data.cifar10(flat=True)
    np.testing.assert_array_equal(np.concatenate([found.X_train, found.X_test]), images)
    assert {name: (cache / "cifar-10-batches-py" / name).read_bytes() for name in files} == files
    assert sorted(os.listdir(cache / "cifar-10-batches-py")) == sorted(files)
    assert "Fetching CIFAR-10" in capsys.readouterr().err
    data.cifar10()
    assert site.asked == ["/cifar.tar.gz"]


def test_mnist_is_fetched_file_by_file(site, monkeypatch, cache):
    files, parts = small_mnist(monkeypatch)
    site.pages = {f"/{name}": content for name, content in zipped(files).items()}
    np.testing.assert_array_equal(data.mnist().X_train[:, 0], parts[0])
    assert sorted(os.listdir(cache / "mnist")) == sorted(zipped(files))
    data.mnist()
    assert len(site.asked) == 4


def member(name: str, kind: bytes, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_other_members_of_the_archive_lead_nowhere(site, cifar10_on, cache, tmp_path):
    cifar10_on(
        member("cifar-10-batches-py", tarfile.SYMTYPE, str(tmp_path)),
        member("../../escaped", tarfile.REGTYPE, ""),
        member(str(tmp_path / "escaped"), tarfile.REGTYPE, ""),
        member("cifar-10-batches-py/readme.html", tarfile.REGTYPE, ""),
        member("cifar-10-batches-py/test_batch", tarfile.CHRTYPE, ""),
        member("cifar-10-batches-py/fifo", tarfile.FIFOTYPE, ""),
    )
    data.cifar10()
    assert os.listdir(tmp_path) == ["cache"]
    assert not (cache / "cifar-10-batches-py").is_symlink()
    assert len(os.listdir(cache / "cifar-10-batches-py")) == 6


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_link_in_the_place_of_a_batch_is_not_followed(site, cifar10_on, cache, tmp_path, kind):
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    cifar10_on(member("cifar-10-batches-py/test_batch", kind, str(secret)), without="test_batch")
    with pytest.raises(DataFileError, match="test_batch not in it"):
        data.cifar10()
    assert "test_batch" not in os.listdir(cache / "cifar-10-batches-py")


def test_an_archive_without_a_batch_is_named(site, cifar10_on):
    cifar10_on(without="data_batch_3")
    with pytest.raises(DataFileError, match="data_batch_3 not in it"):
        data.cifar10()


@pytest.mark.parametrize("how", ["cut", "longer", "changed"])
def test_a_damaged_archive_is_refused_before_it_is_opened(site, cifar10_on, cache, monkeypatch, how):
    cifar10_on()
    whole = site.pages["/cifar.tar.gz"]
    changed = bytearray(whole)
    changed[1000] ^= 1
    site.pages["/cifar.tar.gz"] = {"cut": whole[:-1], "longer": whole + b"\0" * 100, "changed": bytes(changed)}[how]
    monkeypatch.setattr(tarfile, "open", lambda **_: pytest.fail("opened"))
    with pytest.raises(DataFileError, match=r"cifar.tar.gz' is not the file it should be"):
        data.cifar10()
    assert os.listdir(cache / "cifar-10-batches-py") == []


def test_what_is_no_archive_is_refused(site, cifar10_on, monkeypatch):
    cifar10_on()
    site.pages["/cifar.tar.gz"] = b"<html>Please sign in</html>"
    monkeypatch.setattr(sets, "CIFAR10_ARCHIVE", sum_of(b"<html>Please sign in</html>"))
    with pytest.raises(DataFileError, match="a gzipped tar archive"):
        data.cifar10()


def test_a_gzip_bomb_on_the_way_is_not_unpacked_and_not_kept(site, monkeypatch, cache):
    files, _ = small_mnist(monkeypatch)
    files["t10k-labels-idx1-ubyte"] = bytes(10_000_000)
    site.pages = {f"/{name}": content for name, content in zipped(files).items()}
    with pytest.raises(DataFileError, match=r"t10k-labels-idx1-ubyte.gz(?s:.*)Found: more"):
        data.mnist()
    assert "t10k-labels-idx1-ubyte.gz" not in os.listdir(cache / "mnist")


def test_a_stream_without_end_is_left_after_what_was_expected(site, cifar10_on):
    cifar10_on()
    sent = []

    def endless(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(10_000):
                handler.wfile.write(bytes(1 << 16))
                sent.append(1)
        except OSError:
            pass

    site.pages["/cifar.tar.gz"] = endless
    with pytest.raises(DataFileError, match="Found: more"):
        data.cifar10()
    assert len(sent) < 10_000


def test_a_redirect_to_a_file_is_not_followed(site, cifar10_on, tmp_path):
    cifar10_on()
    (tmp_path / "secret").write_bytes(b"secret")

    def away(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", (tmp_path / "secret").as_uri())
        handler.end_headers()

    site.pages["/cifar.tar.gz"] = away
    with pytest.raises(MissingDataError, match="could not be fetched"):
        data.cifar10()


@pytest.mark.parametrize("load", [data.cifar10, data.mnist])
def test_without_a_network_the_message_says_what_to_do(load):
    """The addresses lead to a port where nothing answers."""
    with pytest.raises(MissingDataError, match=r"could not be fetched(?s:.*)http://127.0.0.1:9/.*refused") as caught:
        load()
    assert "GATEWISE_DATA=DIR" in caught.value.cure
    assert "digits needs no network" in caught.value.cure
    with pytest.raises(MissingDataError, match=r"is not in '.*cache/gatewise'"):
        load(download=False)


def test_a_page_that_is_gone_is_named(site):
    with pytest.raises(MissingDataError, match=r"cifar.tar.gz: Not Found"):
        data.cifar10()


def test_a_connection_that_breaks_is_named(site, cifar10_on, cache):
    cifar10_on()
    whole = site.pages["/cifar.tar.gz"]

    def breaks(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(whole)))
        handler.end_headers()
        handler.wfile.write(whole[:5000])

    site.pages["/cifar.tar.gz"] = breaks
    with pytest.raises((MissingDataError, DataFileError), match=r"cifar.tar.gz"):
        data.cifar10()
    assert os.listdir(cache / "cifar-10-batches-py") == []


def test_a_cache_that_cannot_be_made_is_named(site, cifar10_on, monkeypatch, tmp_path):
    cifar10_on()
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "file" / "gatewise")
    with pytest.raises(SaveError, match="file/gatewise"):
        data.cifar10()
