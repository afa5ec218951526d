"""What is passed on the way to a file: directories and links, as the kernel follows them."""

from __future__ import annotations

import os

import pytest

from helper.privileged.path_walk import LINKS_MAX, steps


@pytest.fixture
def tree(tmp_path):
    """Return a directory with `a/b/file`, and links to it of every kind."""
    top = tmp_path.resolve()
    (top / "a/b").mkdir(parents=True)
    (top / "a/b/file").touch()
    for name, target in (("absolute", f"{top}/a/b/file"), ("relative", "a/b/file"), ("directory", "a/b")):
        (top / name).symlink_to(target)
    (top / "a/b/up").symlink_to("../../relative")
    (top / "twice").symlink_to("directory/up")
    (top / "nowhere").symlink_to("a/none")
    return top


@pytest.mark.parametrize(
    ("path", "passed"),
    [
        ("a/b/file", ["a", "a/b", "a/b/file"]),
        ("a/./b//file", ["a", "a/b", "a/b/file"]),
        ("a/b/../b/file", ["a", "a/b", "a", "a/b", "a/b/file"]),
        ("absolute", ["absolute", "/", "a", "a/b", "a/b/file"]),
        ("relative", ["relative", "a", "a/b", "a/b/file"]),
        ("directory/file", ["directory", "a", "a/b", "a/b/file"]),
        ("twice", ["twice", "directory", "a", "a/b", "a/b/up", "a", "", "relative", "a", "a/b", "a/b/file"]),
        ("a/none", ["a"]),
        ("nowhere", ["nowhere", "a"]),
    ],
)
def test_every_directory_and_link_is_passed_in_the_kernels_order(tree, path, passed):
    above = ["/", *(f"/{'/'.join(tree.parts[1 : count + 1])}" for count in range(1, len(tree.parts)))]
    expected = []
    for name in passed:  # an absolute link begins at the top again
        expected += above[1:] if name == "/" else [os.path.normpath(tree / name)]
    found = [place for place, _ in steps(f"{tree}/{path}")]
    assert found == above + expected
    if os.path.exists(tree / path):
        assert os.path.samestat(list(steps(f"{tree}/{path}"))[-1][1], os.stat(tree / path))


@pytest.mark.parametrize("path", ["none/file", "a/b/file/x", "nowhere/x"])
def test_a_way_that_ends_before_the_file_is_an_error(tree, path):
    with pytest.raises(OSError):
        list(steps(f"{tree}/{path}"))


@pytest.mark.parametrize("count", [LINKS_MAX, LINKS_MAX + 1])
def test_as_many_links_are_followed_as_the_kernel_follows(tree, count):
    """At the limit and one beyond it."""
    for number in range(1, count):
        (tree / f"link{number}").symlink_to(f"link{number + 1}")
    (tree / f"link{count}").symlink_to("a/b/file")
    path = str(tree / "link1")
    if count > LINKS_MAX:
        with pytest.raises(OSError, match="symbolic links"):
            list(steps(path))
        with pytest.raises(OSError, match="symbolic links"):
            os.stat(path)
    else:
        assert os.path.samestat(list(steps(path))[-1][1], os.stat(path))
