"""Files, directories and standard input."""

import os
import stat
import threading
from pathlib import Path

import pytest

from tests.unit.sources.made import Reading, tar_bytes
from vigie.model.errors import VigieError

PODS = b'{"kind":"PodList","items":[]}'


def test_a_file_is_named_by_its_name(tmp_path):
    (tmp_path / "pods.json").write_bytes(PODS)
    assert Reading(str(tmp_path / "pods.json")).documents == {"pods.json": PODS}


def test_a_directory_is_read_in_the_order_of_names_without_version_control(tmp_path):
    names = ["b/pods.json", "a.yaml", "b/a/x.log", ".git/config", "c.json", ".hidden.yaml", "b/._junk", "b/.DS_Store"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"kind: Pod\n" if name.endswith("yaml") else PODS)
    found = Reading(str(tmp_path))
    assert found.order == [".hidden.yaml", "a.yaml", "c.json", "b/pods.json", "b/a/x.log"]
    assert not found.gaps


def test_links_inside_are_not_followed_and_links_out_are_gaps(tmp_path):
    outside = tmp_path / "outside.json"
    outside.write_bytes(PODS)
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub/pods.json").write_bytes(PODS)
    (root / "inside.json").symlink_to("sub/pods.json")
    (root / "sub/up").symlink_to("..")
    (root / "out.json").symlink_to(outside)
    (root / "dangling").symlink_to("nowhere")
    (root / "loop").symlink_to("loop")
    found = Reading(str(root))
    assert found.order == ["sub/pods.json"]
    assert "leads out" in found.gap("out.json").what
    assert "nowhere" in found.gap("dangling").what
    assert "itself" in found.gap("loop").what
    assert len(found.gaps) == 3


def test_a_link_given_by_name_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/pods.json").write_bytes(PODS)
    (tmp_path / "link").symlink_to("real")
    assert Reading(str(tmp_path / "link")).order == ["pods.json"]


def test_special_files_are_gaps(tmp_path):
    (tmp_path / "pods.json").write_bytes(PODS)
    os.mkfifo(tmp_path / "pipe")
    found = Reading(str(tmp_path))
    assert found.order == ["pods.json"]
    assert "pipe" in found.gap("pipe").what


def test_a_pipe_given_by_name_is_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(PODS))
    writer.start()
    assert Reading(str(pipe)).documents == {"pipe": PODS}
    writer.join()


@pytest.mark.parametrize(
    ("argument", "line"),
    [
        ("missing.json", r"missing\.json: no such file or directory; check the path given with -f"),
        ("empty.json", r"empty\.json: there is nothing to read in it"),
        ("empty-folder", r"empty-folder: there is nothing to read in it"),
        ("/dev/null", r"/dev/null: it is a device, pipe or socket"),
    ],
)
def test_what_cannot_be_read_at_all_is_one_line(tmp_path, monkeypatch, argument, line):
    monkeypatch.chdir(tmp_path)
    Path("empty.json").touch()
    Path("empty-folder").mkdir()
    with pytest.raises(VigieError, match=line) as raised:
        Reading(argument)
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_gap(tmp_path):
    (tmp_path / "a.json").write_bytes(PODS)
    (tmp_path / "b.json").write_bytes(PODS)
    (tmp_path / "a.json").chmod(0)
    found = Reading(str(tmp_path))
    assert found.order == ["b.json"]
    assert "permission denied" in found.gap("a.json").what


def test_an_archive_in_a_directory_keeps_its_path(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.tgz").write_bytes(tar_bytes({"pods.json": PODS}, "gz"))
    (tmp_path / "d/broken.tgz").write_bytes(b"\x1f\x8b\x08broken")
    found = Reading(str(tmp_path))
    assert found.order == ["d/a.tgz!pods.json"]
    assert "damaged" in found.gap("d/broken.tgz").what


def test_standard_input_is_a_document(tmp_path):
    assert Reading("-", stdin=PODS).documents == {"-": PODS}
    assert Reading("-", stdin=b"kind: Pod\n").media == {"-": "yaml"}
    with pytest.raises(VigieError, match="standard input: there is nothing to read"):
        Reading("-", stdin=b"")


def test_utf16_and_byte_order_marks_are_understood(tmp_path):
    (tmp_path / "a.json").write_bytes(PODS.decode().encode("utf-16"))
    (tmp_path / "b.yaml").write_bytes(b"\xef\xbb\xbfkind: Pod\n")
    found = Reading(str(tmp_path))
    assert found.documents == {"a.json": PODS, "b.yaml": b"kind: Pod\n"}


def test_large_documents_are_spooled_to_a_nameless_file(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    data = b"[" + b" " * (4 << 20) + b"]"
    assert Reading("-", stdin=data).documents == {"-": data}
    assert not list(tmp_path.iterdir())


def test_names_of_any_bytes_can_be_printed(tmp_path):
    with open(os.fsencode(tmp_path) + b"/a\xff\x1b.json", "wb") as file:  # noqa: PTH123 - a name of bytes
        file.write(PODS)
    (origin,) = Reading(str(tmp_path)).order
    assert origin.isprintable()
    assert origin == "a\\xff\\x1b.json"


def test_directories_may_be_deep(tmp_path):
    deep = tmp_path
    for _ in range(60):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "pods.json").write_bytes(PODS)
    assert Reading(str(tmp_path)).order == ["d/" * 60 + "pods.json"]
    assert stat.S_ISDIR(tmp_path.stat().st_mode)
