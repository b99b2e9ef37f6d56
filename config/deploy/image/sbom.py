"""sbom - what is in the images, as SPDX: TinLB and the Debian packages whose libraries it loads"""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import os
import re
import subprocess

FIELDS = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Homepage}\n"


def _dpkg(*words):
    return subprocess.run(["dpkg-query", *words], check=False, text=True, capture_output=True).stdout


def packages_of(paths):
    """{path: the name of the package that it came with}; dpkg may know it from before /lib was merged into /usr."""
    known = {}
    for path in paths:
        real = os.path.realpath(path)
        known.update({real: path, real.removeprefix("/usr"): path, path: path})
    told = [line.rsplit(": ", 1) for line in _dpkg("-S", *known).splitlines()]
    found = {known[file]: names.split(",")[0] for names, file in told if file in known}
    missing = sorted(set(paths) - set(found))
    if missing:
        raise SystemExit(f"of no Debian package, so that the list of what is inside would not be whole: {' '.join(missing)}")
    return found


def _identifier(name):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def _debian(name, paths):
    package, version, architecture, source, source_version, home = _dpkg("-W", "-f", FIELDS, name).rstrip("\n").split("\t")
    locator = (f"pkg:deb/debian/{package}@{version.replace('+', '%2B').replace(':', '%3A')}"
               f"?arch={architecture}&upstream={source}%40{source_version.replace('+', '%2B').replace(':', '%3A')}")
    return {"SPDXID": _identifier(package), "name": package, "versionInfo": version,
            "supplier": "Organization: Debian", "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
            "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
            **({"homepage": home} if home else {}),
            "sourceInfo": f"built from {source} {source_version}", "comment": " ".join(paths),
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                              "referenceLocator": locator}]}


def document(version, created, paths):
    """The SPDX document of images with the libraries at these paths."""
    held = {}
    for path, name in sorted(packages_of(paths).items()):
        held.setdefault(name, []).append(path)
    packages = [_debian(name, held[name]) for name in sorted(held)]
    own = {"SPDXID": "SPDXRef-tinlb", "name": "tinlb", "versionInfo": version, "downloadLocation": "NOASSERTION",
           "filesAnalyzed": False, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
           "copyrightText": "NOASSERTION"}
    digest = hashlib.sha256(repr((version, packages)).encode()).hexdigest()
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"tinlb-{version}", "documentNamespace": f"https://tinlb.invalid/spdx/{digest}",
            "creationInfo": {"created": created, "creators": ["Tool: tinlb-image"]},
            "packages": [own, *packages],
            "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                               "relatedSpdxElement": own["SPDXID"]},
                              *({"spdxElementId": own["SPDXID"], "relationshipType": "DEPENDS_ON",
                                 "relatedSpdxElement": package["SPDXID"]} for package in packages)]}
