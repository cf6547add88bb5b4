#!/usr/bin/python3
"""Writes a synthetic DICOM archive and the truth about it. Same seed, same bytes.

    archive_generator.py --studies 200 --seed 7 --out DIR [--plain]

DIR/dicom/NNNNN.dcm are small objects of 8x8 pixels; DIR/truth.json has one record a study, series and instance with every
value as it was written, in Unicode, named by PS3.6 keyword (see truth.py). The first studies are a catalogue of what goes
wrong in real archives, one oddity each; the rest is random. --plain keeps to ASCII, complete dates and unique identifiers.
"""
import argparse
import random
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import archive_tables as tables  # noqa: E402
import truth  # noqa: E402
from pydicom.dataset import Dataset, FileMetaDataset  # noqa: E402
from pydicom.filewriter import dcmwrite  # noqa: E402
from pydicom.sequence import Sequence  # noqa: E402
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian  # noqa: E402

ROOT = "2.25.9173"


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def hierarchic(namespace, universal, kind):
    item = Dataset()
    item.LocalNamespaceEntityID = namespace
    if universal:
        item.UniversalEntityID, item.UniversalEntityIDType = universal, kind
    return item


def person(value, scheme="99STAFF"):
    item = Dataset()
    item.PersonIdentificationCodeSequence = Sequence([code(value, scheme, "staff number")])
    return item


class Patient:
    def __init__(self, name, repertoire, identifier, issuer, birth_date, sex):
        self.name, self.repertoire, self.identifier, self.issuer = name, repertoire, identifier, issuer
        self.birth_date, self.sex = birth_date, sex
        self.charset = tables.NAMES[repertoire][0]


def patients(rng, plain):
    """Every name of every repertoire once; then the same id under two issuers, no id, and ids that need care."""
    out = []
    for repertoire, (_, names) in tables.NAMES.items():
        if plain and repertoire != "ascii":
            continue
        for name in names:
            n = len(out)
            out.append(Patient(name, repertoire, f"P{1000 + n}", "HOSP_A" if plain else rng.choice(list(tables.ISSUERS)),
                               f"{rng.randint(1925, 2020)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}", rng.choice("FMO")))
    if not plain:
        out += [Patient("Farrow^Edith", "ascii", "4711", "HOSP_A", "19580303", "F"),
                Patient("Sandoval^Luz", "ascii", "4711", "HOSP_B", "19911224", "M"),
                Patient("Unnumbered^Guest", "ascii", "", "", "", ""),
                Patient("Star^Literal", "ascii", "A*1", "HOSP_A", "19700101", "F"),
                Patient("Star^Matched", "ascii", "AB1", "HOSP_A", "19700102", "M"),
                Patient("Slash^Case", "ascii", "12/34-ab", "CLINIC", "195001", ""),
                Patient("", "ascii", "NAMELESS", "HOSP_A", "19440404", "M")]
    return out


def study_attributes(rng, number, patient, plain):
    s = {"PatientName": patient.name, "PatientID": patient.identifier, "PatientBirthDate": patient.birth_date,
         "PatientSex": patient.sex, "StudyInstanceUID": f"{ROOT}.{number}", "StudyID": f"S{number}",
         "AccessionNumber": f"ACC{number:05}", "ReferringPhysicianName": rng.choice(tables.PHYSICIANS),
         "StudyDescription": rng.choice(tables.STUDY_DESCRIPTIONS),
         "StudyDate": f"{rng.randint(2008, 2024)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}",
         "StudyTime": f"{rng.randint(0, 23):02}{rng.randint(0, 59):02}{rng.randint(0, 59):02}"}
    if patient.issuer:
        s["IssuerOfPatientID"] = patient.issuer
    if plain:
        return s
    if rng.random() < 0.3:
        s["StudyTime"] += f".{rng.randint(1, 999999):06}"
    if rng.random() < 0.4:
        readers = rng.choice(tables.READERS)
        if readers:
            s["NameOfPhysiciansReadingStudy"] = readers
    if rng.random() < 0.3:
        s["ProcedureCodeSequence"] = [code(*c) for c in rng.sample(tables.PROCEDURES, rng.randint(1, 2))]
    if rng.random() < 0.3:
        s["IssuerOfAccessionNumberSequence"] = [hierarchic(*tables.ISSUERS[rng.choice(list(tables.ISSUERS))])]
    if rng.random() < 0.2:
        s["ReasonForTheRequestedProcedure"] = "dyspnoea"
        s["ReasonForRequestedProcedureCodeSequence"] = [code(*c) for c in rng.sample(tables.REASONS, rng.randint(1, 2))]
    if rng.random() < 0.2:
        s["TimezoneOffsetFromUTC"] = rng.choice(["+0000", "-0500", "+0530", "+1400", "-1200"])
    if rng.random() < 0.2 and s["ReferringPhysicianName"]:
        s["ReferringPhysicianIdentificationSequence"] = [person(f"R{number}")]
    if patient.repertoire in tables.DESCRIPTIONS and rng.random() < 0.7:
        s["StudyDescription"] = tables.DESCRIPTIONS[patient.repertoire]
    return s


# One oddity a study, laid over an ordinary one. A value of None takes the attribute away.
CATALOGUE = [
    {"StudyDate": "20240310", "StudyTime": "000000"}, {"StudyDate": "20240310", "StudyTime": "235959"},
    {"StudyDate": "20240310", "StudyTime": ""}, {"StudyDate": "20240310", "StudyTime": "1015"},
    {"StudyDate": "20240310", "StudyTime": "10"}, {"StudyDate": "20240310", "StudyTime": "101530.5"},
    {"StudyDate": "20240310", "StudyTime": "101530.123456", "TimezoneOffsetFromUTC": "-0800"},
    {"StudyDate": "20240310", "StudyTime": "003000", "TimezoneOffsetFromUTC": "+1400"},
    {"StudyDate": "20240309", "StudyTime": "233000", "TimezoneOffsetFromUTC": "-1200"},
    {"StudyDate": "20240311", "StudyTime": "000000"},
    {"StudyDate": "", "StudyTime": ""}, {"StudyDate": "", "StudyTime": "101500"}, {"StudyDate": None, "StudyTime": None},
    {"StudyDate": "20240229", "StudyTime": "120000"}, {"StudyDate": "20231231", "StudyTime": "235959.999"},
    {"StudyDate": "20240101", "StudyTime": "000000"}, {"StudyDate": "20120630", "StudyTime": "235960"},
    # Central European Summer Time begins and ends on these days: before, in the hour that is not or is twice, after
    {"StudyDate": "20240331", "StudyTime": "015959"}, {"StudyDate": "20240331", "StudyTime": "023000"},
    {"StudyDate": "20240331", "StudyTime": "030000"}, {"StudyDate": "20241027", "StudyTime": "015959"},
    {"StudyDate": "20241027", "StudyTime": "023000"}, {"StudyDate": "20241027", "StudyTime": "030000"},
    {"StudyDate": "19010101", "StudyTime": "120000"}, {"StudyDate": "20301231", "StudyTime": "120000"},
    {"AccessionNumber": ""}, {"AccessionNumber": None}, {"AccessionNumber": " LEAD77"}, {"AccessionNumber": "SHARED1"},
    {"AccessionNumber": "SHARED1"}, {"AccessionNumber": "A*1"}, {"AccessionNumber": "AB1"}, {"AccessionNumber": "7?2"},
    {"AccessionNumber": "742"}, {"AccessionNumber": "0042"}, {"AccessionNumber": "42"}, {"AccessionNumber": "a,b|c$d"},
    {"AccessionNumber": "DUP9", "IssuerOfAccessionNumberSequence": [hierarchic(*tables.ISSUERS["HOSP_A"])]},
    {"AccessionNumber": "DUP9", "IssuerOfAccessionNumberSequence": [hierarchic(*tables.ISSUERS["HOSP_B"])]},
    {"AccessionNumber": "DUP9", "IssuerOfAccessionNumberSequence": [hierarchic(*tables.ISSUERS["CLINIC"])]},
    {"StudyID": "", "StudyDescription": None}, {"StudyID": "ACC00001"}, {"ReferringPhysicianName": ""},
    {"ReferringPhysicianName": "O'Shea^Fionn"}, {"NameOfPhysiciansReadingStudy": ["Everhart^Milo^^Dr.", "Fontana^Livia"]},
    {"StudyDescription": "<script>&\"'"}, {"StudyDescription": "a" * 64}, {"ReferringPhysicianName": "Nguyen^=^"},
]


def series_attributes(rng, study_number, index, modality, study, patient, plain):
    part, paired = rng.choice(tables.BODY_PARTS)
    s = {"Modality": modality, "SeriesInstanceUID": f"{ROOT}.{study_number}.{index}", "SeriesNumber": str(index),
         "SeriesDescription": rng.choice(tables.SERIES_DESCRIPTIONS)}
    if modality not in tables.WITHOUT_PIXELS:
        s["BodyPartExamined"] = "CHEST" if plain else part
        if paired:
            s["Laterality"] = rng.choice(["L", "R", "B", ""])
    if plain:
        return s
    if rng.random() < 0.6 and study.get("StudyDate"):
        s["SeriesDate"], s["SeriesTime"] = study["StudyDate"], study.get("StudyTime") or ""
    if rng.random() < 0.3:
        s["PerformingPhysicianName"] = rng.choice(tables.PHYSICIANS[:5])
    if rng.random() < 0.3:
        s["OperatorsName"] = rng.choice(tables.OPERATORS)
    if rng.random() < 0.3 and modality not in tables.WITHOUT_PIXELS:
        request = Dataset()
        request.RequestedProcedureID, request.ScheduledProcedureStepID = f"RP{study_number}", f"SPS{study_number}-{index}"
        request.RequestedProcedureDescription = "requested"
        if rng.random() < 0.5:
            request.ReasonForTheRequestedProcedure = "suspected fracture"
            request.ReasonForRequestedProcedureCodeSequence = Sequence([code(*rng.choice(tables.REASONS))])
        s["RequestAttributesSequence"] = [request]
    if rng.random() < 0.05:
        s["SeriesNumber"] = rng.choice(["", "-1", "99999"])
    return s


def instance_attributes(rng, series, index):
    modality = series["Modality"]
    i = {"SOPClassUID": tables.SOP_CLASSES[modality], "SOPInstanceUID": f"{series['SeriesInstanceUID']}.{index}",
         "InstanceNumber": str(index)}
    if modality not in tables.WITHOUT_PIXELS:
        i["ImageType"] = rng.choice([["ORIGINAL", "PRIMARY"], ["DERIVED", "SECONDARY", "MPR"]])
        i["Rows"] = i["Columns"] = 8
    if modality in tables.TITLES:
        i["ConceptNameCodeSequence"] = [code(*tables.TITLES[modality])]
    if modality == "PR":
        i["ContentLabel"] = "KEYVIEW"
    return i


def object_of(levels, charset, shade):
    ds = Dataset()
    if charset is not None:
        ds.SpecificCharacterSet = charset
    for level in levels:
        for keyword, value in level.items():
            if value is None:
                continue
            sequence = isinstance(value, list) and value and isinstance(value[0], Dataset)
            setattr(ds, keyword, Sequence(value) if sequence else value)
    if "Rows" in ds:
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated = ds.BitsStored = 8
        ds.HighBit, ds.PixelRepresentation = 7, 0
        ds.PixelData = bytes([shade]) * 64
        ds["PixelData"].VR = "OB"
    return ds


def write(ds, path, syntax):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID = f"{ROOT}.1"
    ds.file_meta, ds.is_little_endian, ds.is_implicit_VR = meta, True, syntax == ImplicitVRLittleEndian
    dcmwrite(path, ds, write_like_original=False)


def generate(studies, seed, out, plain):
    rng = random.Random(seed)
    (out / "dicom").mkdir(parents=True, exist_ok=True)
    people = patients(rng, plain)
    records, count = [], 0
    for number in range(1, studies + 1):
        # Everybody is examined once before chance decides.
        patient = people[(number - 1) % len(people)] if number <= 2 * len(people) else rng.choice(people)
        study = study_attributes(rng, number, patient, plain)
        if not plain and number <= len(CATALOGUE):
            if "StudyDate" in CATALOGUE[number - 1]:
                study.pop("TimezoneOffsetFromUTC", None)  # the source's zone decides, unless the oddity says otherwise
            study.update(CATALOGUE[number - 1])
        modalities = rng.choice(tables.EXAMINATIONS)
        implicit = rng.random() < 0.3
        record = truth.study(study)
        for index, modality in enumerate(modalities, 1):
            series = series_attributes(rng, number, index, modality, study, patient, plain)
            entry = truth.series(record, series)
            for k in range(1, 1 + (1 if modality in tables.WITHOUT_PIXELS else rng.randint(1, 3))):
                instance = instance_attributes(rng, series, k)
                count += 1
                name = f"dicom/{count:05}.dcm"
                syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
                write(object_of([study, series, instance], patient.charset, count % 251), out / name, syntax)
                truth.instance(entry, instance, name, syntax)
        records.append(record)
    truth.write(out / "truth.json", records, {"studies": studies, "seed": seed, "plain": plain})
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--plain", action="store_true")
    given = parser.parse_args()
    generate(given.studies, given.seed, given.out, given.plain)


if __name__ == "__main__":
    main()
