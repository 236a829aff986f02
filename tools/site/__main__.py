"""`python -m tools.site`: builds the documentation site into build/site, with warnings as errors."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.site.built import Built
from tools.site.stage import ROOT, stage

HERE = Path(__file__).parent
SOURCE, SITE, KEPT = ROOT / "build" / "site-source", ROOT / "build" / "site", ROOT / "build" / "site-doctrees"


def build() -> int:
    """Lay the pages out, run Sphinx over them, and look at what came out."""
    from sphinx.cmd.build import build_main

    stage(SOURCE)
    options = ["-b", "html", "-q", "-W", "--keep-going", "-E", "-a", "-c", str(HERE), "-d", str(KEPT)]
    if status := int(build_main([*options, str(SOURCE), str(SITE)])):
        return status
    faults = [*Built(SITE).faults()]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(Built(SITE).pages)} pages in {SITE.relative_to(ROOT)}: open {SITE.relative_to(ROOT)}/index.html")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(build())
