"""conftest - the images, built once for all tests of them"""
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

BUILD = os.path.join(ROOT, "config/deploy/image/build")
AGAIN = os.environ.get("TINLB_IMAGE_AGAIN")  # a second folder to compile in; unset: compiled once, packed twice


def build_image(output, *arguments):
    """The lines `layout:tag digest size` that it prints."""
    done = subprocess.run([BUILD, f"--output={output}", *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {line.split()[0].rsplit(":", 1)[1]: line.split()[1] for line in done.stdout.splitlines()}


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """(the layout, digests by tag)"""
    layout = str(tmp_path_factory.mktemp("image") / "oci")
    return layout, build_image(layout)


@pytest.fixture(scope="session")
def unpack(image, tmp_path_factory):
    """unpack(tag): a root of its own with what is in that image."""
    def unpacked(tag):
        bundle = str(tmp_path_factory.mktemp(tag) / "bundle")
        rootless = ["--rootless"] if os.geteuid() != 0 else []
        subprocess.run(["umoci", "unpack", *rootless, "--image", f"{image[0]}:{tag}", bundle], check=True,
                       capture_output=True)
        return bundle + "/rootfs"

    return unpacked
