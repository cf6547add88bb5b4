#!/usr/bin/env python3
"""Instructions per study of the translations, counted by callgrind: the number that does not move with the load.

    instructions.py PROGRAM [NAME...]     a table for these translations of search_mapping (default: all of Pons' own)
    instructions.py --gate PROGRAM        fails when one is above its budget
    instructions.py --profile NAME PROGRAM   where the instructions of one go, by function

Start-up and first use are taken out by counting a few passes and a few more, and dividing the difference.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

STUDIES = 100
FEW, MORE = 2, 6
OWN = ["qido-json", "qido-xml", "qido-read", "find-json", "find-read"]

# Instructions per study: QIDO JSON to Bundle. BUDGET is what it is meant to cost, LIMIT what it may: the gate keeps what
# has been reached, and LIMIT goes down with it. XML may cost XML_RATIO of JSON.
BUDGET = 18_000
LIMIT = 22_500
XML_RATIO = 1.2


def callgrind(program, name, passes, out="/dev/null"):
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, "--only", name,
               "--passes", str(passes), "--studies", str(STUDIES)]
    done = subprocess.run(command, capture_output=True, text=True)
    counted = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not counted:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return int(counted.group(1))


def per_study(program, name):
    return (callgrind(program, name, MORE) - callgrind(program, name, FEW)) / ((MORE - FEW) * STUDIES)


def gate(program):
    json, xml = per_study(program, "qido-json"), per_study(program, "qido-xml")
    print(f"QIDO JSON to Bundle, instructions per study: JSON {json:,.0f} (limit {LIMIT:,}, budget {BUDGET:,}), "
          f"XML {xml:,.0f}, {xml / json:.2f} of JSON (budget {XML_RATIO})")
    return 0 if json <= LIMIT and xml <= XML_RATIO * json else 1


def profile(program, name):
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "callgrind.out")
        callgrind(program, name, 20, out)
        shown = subprocess.run(["callgrind_annotate", "--auto=no", "--threshold=97", out], capture_output=True, text=True)
        print(shown.stdout)
    return shown.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("names", nargs="*", default=[])
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--profile", metavar="NAME")
    given = parser.parse_args()
    if given.gate:
        return gate(given.program)
    if given.profile:
        return profile(given.program, given.profile)
    for name in given.names or OWN:
        print(f"{name:12} {per_study(given.program, name):10,.0f} instructions per study")
    return 0


if __name__ == "__main__":
    sys.exit(main())
