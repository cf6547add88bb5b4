#!/usr/bin/python3
"""The truth about an archive: what its files say, study by study, as JSON that a test can read.

    truth.py --files DIR --out truth.json

    {"studies": [{"attributes": {...}, "series": [{"attributes": {...}, "instances": [{"attributes": {...}, "file": "...",
      "transferSyntax": "..."}]}]}]}

Attributes are named by PS3.6 keyword. A value is a string in Unicode as it stands in the file (padding included, component
groups joined by "="), a list of strings when it has several, a list of objects for a sequence; "" when it is empty; an
attribute that is not in the file is not in the record. "mixed" names attributes of a study in which its files differ:
archives differ in which one they tell. Files that no archive can take (no UIDs, not readable) are left out, and so is a
second file of one SOP instance.
"""
import argparse
import json
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import pydicom  # noqa: E402
from pydicom.dataset import Dataset  # noqa: E402

STUDY = """PatientName PatientID IssuerOfPatientID IssuerOfPatientIDQualifiersSequence PatientBirthDate PatientSex
StudyInstanceUID StudyID StudyDate StudyTime TimezoneOffsetFromUTC AccessionNumber IssuerOfAccessionNumberSequence
StudyDescription ReferringPhysicianName ReferringPhysicianIdentificationSequence NameOfPhysiciansReadingStudy
PhysiciansReadingStudyIdentificationSequence ProcedureCodeSequence InstitutionalDepartmentName AdmissionID ReasonForTheRequestedProcedure
ReasonForRequestedProcedureCodeSequence""".split()
SERIES = """SeriesInstanceUID SeriesNumber Modality SeriesDescription SeriesDate SeriesTime BodyPartExamined Laterality
AnatomicRegionSequence PerformingPhysicianName OperatorsName PerformedProcedureStepStartDate RequestAttributesSequence""".split()
INSTANCE = "SOPClassUID SOPInstanceUID InstanceNumber ImageType ConceptNameCodeSequence ContentLabel DocumentTitle Rows Columns".split()


def plain(value):
    """A value of the generator or of pydicom as JSON."""
    if isinstance(value, Dataset):
        return {e.keyword: plain(e.value) for e in value if e.keyword}
    if isinstance(value, (list, pydicom.multival.MultiValue, pydicom.sequence.Sequence)):
        values = [plain(v) for v in value]
        return values[0] if len(values) == 1 and isinstance(values[0], str) else values
    if value is None:
        return ""
    if isinstance(value, (pydicom.valuerep.IS, pydicom.valuerep.DSfloat)):
        return getattr(value, "original_string", None) or str(value)  # as it is written
    return str(value)


def chosen(attributes):
    return {k: plain(v) for k, v in attributes.items() if v is not None}


def study(attributes):
    return {"attributes": chosen(attributes), "series": []}


def series(record, attributes):
    entry = {"attributes": chosen(attributes), "instances": []}
    record["series"].append(entry)
    return entry


def instance(entry, attributes, file, transfer_syntax):
    entry["instances"].append({"attributes": chosen(attributes), "file": file, "transferSyntax": str(transfer_syntax)})


def write(path, studies, how):
    path.write_text(json.dumps({"made": how, "studies": studies}, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")


def attributes_of(ds, keywords):
    out = {}
    for keyword in keywords:
        if keyword in ds:
            value = ds[keyword].value
            out[keyword] = "" if value is None else value
    return out


def read(root):
    studies, seen = {}, set()
    for path in sorted(root.rglob("*.dcm")):
        try:
            ds = pydicom.dcmread(path, stop_before_pixels=True)
            uids = [str(ds[k].value or "") for k in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")]
        except Exception:  # what is not readable, or has no UIDs, is no archive's
            continue
        if not all(uids) or uids[2] in seen or not ds.file_meta.get("TransferSyntaxUID"):
            continue
        seen.add(uids[2])
        # PatientID is part of the key as archives differ in what they do with one study of two patients.
        said = study(attributes_of(ds, STUDY))
        record = studies.setdefault((uids[0], str(ds.get("PatientID", ""))), said)
        differing = {k for k in STUDY if record["attributes"].get(k) != said["attributes"].get(k)}
        record["mixed"] = sorted(differing.union(record.get("mixed", [])))
        entry = next((e for e in record["series"] if e["attributes"]["SeriesInstanceUID"] == uids[1]), None)
        entry = entry or series(record, attributes_of(ds, SERIES))
        instance(entry, attributes_of(ds, INSTANCE), str(path.relative_to(root)), ds.file_meta.TransferSyntaxUID)
    return list(studies.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    write(given.out, read(given.files), {"files": given.files.name})


if __name__ == "__main__":
    main()
