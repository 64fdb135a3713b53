"""Archives: recognised by content, read in one pass, and harmless however hostile they are."""

import bz2
import gzip
import io
import lzma
import random
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.unit.sources.made import Reading, tar_bytes, zip_bytes
from vigie.model.errors import VigieError
from vigie.sources import Limits, archives, unpack


@pytest.fixture(autouse=True)
def small_bombs(monkeypatch):
    """The ratio counts from 1 MiB on here, so that a bomb need not be large to be one."""
    monkeypatch.setattr(unpack, "RATIO_FREE", 1 << 20)
    monkeypatch.setattr(archives, "RATIO_FREE", 1 << 20)


PODS = b'{"kind":"PodList","apiVersion":"v1","items":[]}'
BIG = b'{"kind":"List","items":["' + random.Random(7).randbytes(30_000).hex().encode() * 20 + b'"]}'
MEMBERS = {"api/v1/pods.json": PODS, "logs/shop/cart/cart.log": b"one\ntwo\n", "big.json": BIG}


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
@pytest.mark.parametrize("name", ["a.tar", "misnamed.json", "noname"])
def test_tar_is_read_whatever_its_name_and_compression(read, name, compression):
    found = read(name, tar_bytes(MEMBERS, compression))
    assert found.documents == {f"{name}!{member}": data for member, data in MEMBERS.items()}
    assert list(found.media.values()) == ["json", "log", "json"]
    assert not found.gaps


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_is_read(read, method):
    found = read("a.zip", zip_bytes(MEMBERS, method))
    assert found.documents == {f"a.zip!{member}": data for member, data in MEMBERS.items()}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_single_compressed_document_keeps_its_name(read, pack):
    found = read("pods.json.gz", pack(PODS))
    assert found.documents == {"pods.json.gz": PODS}
    assert found.media == {"pods.json.gz": "json"}


def test_concatenated_gzip_members_are_one_document(read):
    found = read("c.log.gz", gzip.compress(b"one\n") + gzip.compress(b"two\n") + b"\0" * 512)
    assert found.documents == {"c.log.gz": b"one\ntwo\n"}
    assert found.media == {"c.log.gz": "log"}


def test_standard_input_may_be_an_archive():
    found = Reading("-", stdin=tar_bytes({"pods.json": PODS}, "gz"))
    assert found.documents == {"-!pods.json": PODS}
    assert Reading("-", stdin=zip_bytes({"pods.json": PODS})).documents == {"-!pods.json": PODS}


def test_archives_nest_one_level(read):
    inner = tar_bytes({"pods.json": PODS}, "gz")
    deep = tar_bytes({"i.zip": zip_bytes({"p.json": PODS})})
    found = read("outer.zip", zip_bytes({"inner.tgz": inner, "deep.tar": deep}))
    assert found.documents == {"outer.zip!inner.tgz!pods.json": PODS}
    assert "this deep" in found.gap("outer.zip!deep.tar!i.zip").what


def test_long_names_and_pax_headers_are_read(read):
    long = "d/" * 120 + "é" * 40 + ".json"
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as archive:
            info = tarfile.TarInfo(long)
            info.size = len(PODS)
            archive.addfile(info, io.BytesIO(PODS))
        assert read("long.tar", out.getvalue()).documents == {f"long.tar!{long}": PODS}


def test_a_leading_dot_slash_is_no_part_of_a_members_path(read):
    assert read("a.tar", tar_bytes({"./api/v1/pods.json": PODS})).order == ["a.tar!api/v1/pods.json"]


def hostile_tar() -> bytes:
    def extra(archive: tarfile.TarFile) -> None:
        for name, kind, target in (
            ("link-out", tarfile.SYMTYPE, "../../etc/passwd"),
            ("link-absolute", tarfile.SYMTYPE, "/etc/passwd"),
            ("hard-out", tarfile.LNKTYPE, "../secret"),
            ("loop-a", tarfile.SYMTYPE, "loop-b"),
            ("loop-b", tarfile.SYMTYPE, "loop-a"),
            ("dangling", tarfile.SYMTYPE, "not-there.json"),
            ("good-link", tarfile.SYMTYPE, "dir/good.json"),
            ("dir-link", tarfile.SYMTYPE, "dir"),
            ("through", tarfile.SYMTYPE, "dir-link/good.json"),
            ("disk", tarfile.BLKTYPE, ""),
            ("pipe", tarfile.FIFOTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)

    evil = {"../../climbs.json": PODS, "/absolute.json": PODS, "a/../../b.json": PODS, "dir/good.json": PODS}
    return tar_bytes(evil, "gz", extra)


def test_what_leads_out_of_a_tar_is_a_gap_and_the_rest_is_used(read):
    found = read("evil.tar.gz", hostile_tar())
    assert found.documents == {"evil.tar.gz!dir/good.json": PODS}
    for name in ("!../../climbs.json", "!/absolute.json", "!a/../../b.json"):
        assert "leads out of the archive" in found.gap(name).what
    for name in ("!link-out", "!link-absolute", "!hard-out"):
        assert "leads out of the archive" in found.gap(name).what
    for name in ("!loop-a", "!loop-b"):
        assert "back to itself" in found.gap(name).what
    assert "no member" in found.gap("!dangling").what
    assert "device" in found.gap("!disk").what and "device" in found.gap("!pipe").what
    assert len(found.gaps) == 11


def test_what_leads_out_of_a_zip_is_a_gap(read):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("..\\..\\climbs.json", PODS)
        archive.writestr("C:/windows.json", PODS)
        archive.writestr("good.json", PODS)
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "../../etc/passwd")
    found = read("evil.zip", out.getvalue())
    assert found.documents == {"evil.zip!good.json": PODS}
    assert len(found.gaps) == 3
    assert "leads out" in found.gap("climbs").what and "leads out" in found.gap("!link").what


def test_a_member_that_is_there_twice_is_used_once(read):
    def again(archive: tarfile.TarFile) -> None:
        info = tarfile.TarInfo("pods.json")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"{}"))

    found = read("twice.tar", tar_bytes({"pods.json": PODS}, extra=again))
    assert found.documents == {"twice.tar!pods.json": PODS}
    assert "twice" in found.gap("!pods.json").what


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_decompression_bomb_is_refused_and_named(read, pack):
    bomb = pack(b"\0" * (3 << 20))
    with pytest.raises(VigieError, match=r"bomb\.gz: it unpacks to more than 200 times its size.*VIGIE_MAX_RATIO"):
        read("bomb.gz", bomb)


def test_a_bomb_in_an_archive_costs_only_itself(read):
    found = read("bomb.zip", zip_bytes({"first.json": PODS, "zeros": b"\0" * (3 << 20), "last.json": PODS}))
    assert found.order == ["bomb.zip!first.json", "bomb.zip!last.json"]
    assert "bomb" in found.gap("!zeros").what


def test_a_bomb_in_a_tar_ends_it_and_what_came_before_is_used(read):
    found = read("bomb.tgz", tar_bytes({"first.json": PODS, "zeros": b"\0" * (3 << 20), "last.json": PODS}, "gz"))
    assert found.order == ["bomb.tgz!first.json"]
    gap = found.gap("bomb.tgz")
    assert "decompression bomb" in gap.what and "zeros" in gap.what and "VIGIE_MAX_RATIO" in gap.how


def test_limits_can_be_raised_by_the_environment(read, monkeypatch):
    data = gzip.compress(b"[" + b" " * (3 << 20) + b"]")
    monkeypatch.setenv("VIGIE_MAX_RATIO", "2000")
    assert len(read("wide.json.gz", data).documents) == 1
    monkeypatch.setenv("VIGIE_MAX_RATIO", "many")
    with pytest.raises(VigieError, match="VIGIE_MAX_RATIO: 'many' is not a positive whole number"):
        read("wide.json.gz", data)


@pytest.mark.parametrize(
    ("limits", "limit"),
    [(Limits(member=1000), "MEMBER"), (Limits(unpacked=1000), "UNPACKED"), (Limits(members=1), "MEMBERS")],
)
def test_absolute_limits_hold(read, limits, limit):
    found = read("a.tar", tar_bytes({"first.json": PODS, "second.json": b" " * 2000}), limits)
    assert found.order == ["a.tar!first.json"]
    (gap,) = found.gaps
    assert f"VIGIE_MAX_{limit} " in gap.how


def test_a_truncated_tar_gz_gives_what_came_before_the_cut(read):
    noise = bytes((i * 7919 >> 3) & 0x7F | 0x20 for i in range(200_000))
    whole = tar_bytes({"first.json": PODS, "second.log": noise, "third.json": PODS}, "gz")
    found = read("cut.tar.gz", whole[: len(whole) // 2])
    assert found.documents["cut.tar.gz!first.json"] == PODS
    assert noise.startswith(found.documents["cut.tar.gz!second.log"]), "whole lines of a log stay true when it is cut"
    assert "cut.tar.gz!third.json" not in found.documents
    assert "truncated" in found.gap("cut.tar.gz").what


def test_a_truncated_yaml_document_is_not_used(read):
    text = b"kind: Deployment\nreplicas: 100000\n" * 400
    whole = tar_bytes({"first.json": PODS, "d.yaml": text})
    found = read("cut.tar", whole[:4000])
    assert found.order == ["cut.tar!first.json"], "replicas: 1 of replicas: 100000 would be a lie"
    assert "truncated" in found.gap("cut.tar").what


def test_links_that_dangle_because_of_the_cut_are_not_told_apart(read):
    def link(archive: tarfile.TarFile) -> None:
        info = tarfile.TarInfo("link.json")
        info.type, info.linkname = tarfile.SYMTYPE, "behind.json"
        archive.addfile(info)

    whole = tar_bytes({"first.json": PODS}, extra=link)
    assert len(read("whole.tar", whole).gaps) == 1
    (gap,) = read("cut.tar", whole[: 3 * 512]).gaps
    assert "end mark" in gap.what


def test_a_tar_without_its_end_says_so(read):
    whole = tar_bytes({"first.json": PODS})
    found = read("end.tar", whole[:1024])
    assert found.order == ["end.tar!first.json"]
    assert "end mark" in found.gap("end.tar").what


def test_a_damaged_tar_header_ends_the_archive_there(read):
    whole = bytearray(tar_bytes({"first.json": PODS, "second.json": PODS}))
    whole[1024 + 20] ^= 0xFF
    found = read("bad.tar", bytes(whole))
    assert found.order == ["bad.tar!first.json"]
    assert "header is damaged" in found.gap("bad.tar").what


def test_a_truncated_zip_is_walked_by_its_local_headers(read):
    whole = zip_bytes({"first.json": PODS, "second.json": PODS * 50, "third.json": PODS})
    directory = whole.rindex(b"PK\x01\x02", 0, whole.index(b"PK\x01\x02") + 4)
    found = read("cut.zip", whole[:directory])
    assert found.documents == {"cut.zip!first.json": PODS, "cut.zip!second.json": PODS * 50, "cut.zip!third.json": PODS}
    assert "truncated" in found.gap("cut.zip").what
    stored = zip_bytes({"first.json": PODS, "second.json": PODS}, zipfile.ZIP_STORED)
    assert read("s.zip", stored[:120]).order[0] == "s.zip!first.json"


def test_a_zip_member_with_a_wrong_checksum_costs_only_itself(read):
    whole = bytearray(zip_bytes({"first.json": PODS, "second.json": PODS}, zipfile.ZIP_STORED))
    whole[whole.index(PODS) + 3] ^= 1
    found = read("crc.zip", bytes(whole))
    assert found.order == ["crc.zip!second.json"], "altered data is not used"
    assert "cannot be unpacked" in found.gap("!first.json").what


def test_an_encrypted_zip_member_is_a_gap(read):
    whole = bytearray(zip_bytes({"first.json": PODS, "second.json": PODS}))
    at = whole.index(b"PK\x01\x02")
    whole[at + 8] |= 1
    found = read("locked.zip", bytes(whole))
    assert "encrypted" in found.gap("!first.json").what
    assert found.order == ["locked.zip!second.json"]


def test_a_huge_pax_header_is_not_read_into_memory(read):
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = 1 << 40
    data = tar_bytes({"first.json": PODS})[:1024] + info.tobuf(tarfile.GNU_FORMAT)
    found = read("pax.tar", data)
    assert found.order == ["pax.tar!first.json"]
    assert "claims 1,099,511,627,776 bytes" in found.gap("pax.tar").what


@pytest.mark.parametrize("junk", [struct.pack("<64I", *range(64)), b"\x7fELF" + b"\1\2\3\0" * 64, b"\x89PNG\r\n\0\0"])
def test_binary_junk_is_refused_with_one_line(read, junk):
    with pytest.raises(VigieError, match=r"^junk\.json: binary data in no known format"):
        read("junk.json", junk)
    found = read("a.tar", tar_bytes({"junk.json": junk, "pods.json": PODS}))
    assert found.order == ["a.tar!pods.json"]
    assert "binary" in found.gap("!junk.json").what


def test_control_bytes_in_names_are_escaped(read):
    found = read("a.tar", tar_bytes({"evil\x1b[2J\nname.json": PODS}))
    assert found.order == ["a.tar!evil\\x1b[2J\\nname.json"]


def test_zstd_names_the_way_out(read):
    with pytest.raises(VigieError, match="zstd -d"):
        read("a.tar.zst", b"\x28\xb5\x2f\xfd" + b"\0" * 20)


def test_two_readings_are_equal(tmp_path: Path):
    path = tmp_path / "evil.tar.gz"
    path.write_bytes(hostile_tar())
    first, second = Reading(str(path)), Reading(str(path))
    assert (first.order, first.documents, first.gaps) == (second.order, second.documents, second.gaps)
