#!/usr/bin/python3
"""Writes the archive that the end-to-end benches ask: one patient with many studies, many with one.

    archive.py --out DIR [--many 300] [--single 100]

DIR/dicom and DIR/truth.json are as tests/support/archive_generator.py writes them. Patient "MANY" has the many studies,
"ONE0", "ONE1", … one each. Same numbers, same bytes.
"""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

import archive_generator  # noqa: E402


def people(many, single):
    """A patient for each study, in order."""
    patient = archive_generator.Patient
    return ([patient("Whitlock^Ada", "ascii", "MANY", "HOSP_A", "19580303", "F")] * many
            + [patient(f"Okafor^Chidi{n}", "ascii", f"ONE{n}", "HOSP_A", "19700101", "M") for n in range(single)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--many", type=int, default=300)
    parser.add_argument("--single", type=int, default=100)
    given = parser.parse_args()
    archive_generator.patients = lambda rng, plain: people(given.many, given.single)
    archive_generator.generate(given.many + given.single, 7, given.out, plain=True)


if __name__ == "__main__":
    main()
