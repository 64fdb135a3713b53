"""Troubleshoot bundles: told by their top level, refused when their version.yaml is missing."""

from pathlib import Path

import pytest

from tests.unit.sources.made import Reading, tar_bytes, zip_bytes
from vigie.model.errors import VigieError

PODS = b'{"kind":"PodList","items":[]}'
CORPUS = Path(__file__).parents[4] / "shared" / "corpora"


def bundle(top: str, *, version: bool = True, resources: bool = True) -> dict[str, bytes]:
    members = {f"{top}analysis.json": b"[]"}
    if resources:
        members[f"{top}cluster-resources/pods/shop.json"] = PODS
    if version:
        members[f"{top}version.yaml"] = b"spec:\n  versionNumber: 1\n"
    return members


@pytest.mark.parametrize("top", ["support-bundle-2026-01-01T00_00_00/", "preflightbundle-1/", "renamed/", ""])
def test_a_whole_bundle_is_read(read, tmp_path, top):
    members = bundle(top)
    names = [f"b.tgz!{name}" for name in members]
    assert read("b.tgz", tar_bytes(members, "gz")).order == names
    for name, data in members.items():
        path = tmp_path / "unpacked" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert sorted(Reading(str(tmp_path / "unpacked")).order) == sorted(members)


@pytest.mark.parametrize("top", ["support-bundle-2026-01-01T00_00_00/", "preflightbundle-1/", "renamed/", ""])
@pytest.mark.parametrize("make", [tar_bytes, zip_bytes])
def test_a_bundle_without_its_version_is_refused(read, top, make):
    with pytest.raises(VigieError, match=rf"^b\.archive: this Troubleshoot bundle has no {top}version\.yaml"):
        read("b.archive", make(bundle(top, version=False)))


def test_a_bundle_with_nothing_but_its_name_is_refused(read):
    with pytest.raises(VigieError, match=r"has no support-bundle/version\.yaml"):
        read("b.tgz", tar_bytes(bundle("support-bundle/", version=False, resources=False), "gz"))


@pytest.mark.parametrize("top", ["support-bundle-1/", "renamed/", ""])
def test_an_unpacked_bundle_without_its_version_is_refused(tmp_path, top):
    for name, data in bundle(top, version=False).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with pytest.raises(VigieError, match=r"no .*version\.yaml"):
        Reading(str(tmp_path))


def test_the_bundles_own_directory_may_be_given(tmp_path):
    root = tmp_path / "support-bundle-1"
    for name, data in bundle("support-bundle-1/").items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert sorted(Reading(str(root)).order) == ["analysis.json", "cluster-resources/pods/shop.json", "version.yaml"]
    (root / "version.yaml").unlink()
    with pytest.raises(VigieError, match=r"support-bundle-1/version\.yaml"):
        Reading(str(root))


def test_a_refused_bundle_among_others_is_a_gap(tmp_path):
    (tmp_path / "bad.tgz").write_bytes(tar_bytes(bundle("support-bundle/", version=False), "gz"))
    (tmp_path / "good.tgz").write_bytes(tar_bytes(bundle("support-bundle/"), "gz"))
    found = Reading(str(tmp_path))
    assert len(found.order) == 3
    assert "version.yaml" in found.gap("bad.tgz").what


def test_the_version_may_be_the_last_of_many_members(read):
    members = {f"support-bundle/x{n}.json": PODS for n in range(300)} | {"support-bundle/version.yaml": b"{}"}
    assert len(read("b.tgz", tar_bytes(members, "gz")).order) == 301


def test_an_archive_of_other_evidence_needs_no_version(read):
    assert len(read("e.tgz", tar_bytes({"api/v1/pods.json": PODS, "logs/a/b/c.log": b"x\n"}, "gz")).order) == 2


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora of real bundles are not beside the project")
def test_real_bundles_load():
    folder = CORPUS / "troubleshoot" / "bundles"
    for name, count in (("k3d-1.24-restarts.tar.gz", 102), ("preflight-v1beta2.tar.gz", 125)):
        found = Reading(str(folder / name))
        assert (len(found.order), found.gaps) == (count, [])
    with pytest.raises(VigieError, match=r"version\.yaml"):
        Reading(str(folder / "missing-version.tar.gz"))
