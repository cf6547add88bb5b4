#!/usr/bin/python3
"""Samples of every transfer syntax, each in a study of its own, for archives that are to be filled with them.

    own_studies.py --files DIR --out DIR

Of each transfer syntax the smallest file is taken that decoders can read to its end. Several samples are one image in
several encodings, or have no UIDs of study and series: all get new UIDs, which count from 1 by the names of the files.
Two studies more: `mixed` has all encodings of one MR image, `seven bits` an image that cannot be decoded here. Nothing
else is changed; pydicom writes them.

DIR/truth.json is as `truth.py` makes it; each instance has "pixels" too, the length of its pixel data when uncompressed.
"""
import argparse
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import pydicom  # noqa: E402
from pydicom.filebase import DicomFileLike  # noqa: E402
from pydicom.filewriter import write_dataset, write_file_meta_info  # noqa: E402
from truth import INSTANCE, SERIES, STUDY, attributes_of, instance, series, study, write  # noqa: E402

ROOT = "1.2.826.0.1.3680043.10.1.7"
MIXED = "MR_small_"
SEVEN_BITS = "JLSL_08_07"
UNREADABLE = ("MR_truncated", "too_short", SEVEN_BITS)  # the first two are cut off


def uncompressed_length(ds):
    if "Rows" not in ds:
        return None
    bits = ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated * int(ds.get("NumberOfFrames") or 1)
    return (bits + 15) // 16 * 2


def made(ds, uids, path):
    for keyword, uid in zip(("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"), uids):
        setattr(ds, keyword, uid)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    for keyword, value in (("PatientID", "SAMPLE-1"), ("StudyDate", "20200102"), ("Modality", "OT")):
        if not ds.get(keyword):
            setattr(ds, keyword, value)
    written(ds, path)
    return ds


def written(ds, path):
    if ds.file_meta.TransferSyntaxUID.is_transfer_syntax:
        return ds.save_as(path, write_like_original=True)
    # One that pydicom does not know is Explicit VR Little Endian with encapsulated pixel data (PS3.5 A.4).
    with DicomFileLike(path.open("wb")) as out:
        out.is_little_endian, out.is_implicit_VR = True, False
        out.write(bytes(128) + b"DICM")
        write_file_meta_info(out, ds.file_meta, enforce_standard=False)
        write_dataset(out, ds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    smallest = {}
    for path in sorted(given.files.rglob("*.dcm"), key=lambda p: (p.stat().st_size, p.name)):
        if not any(word in path.name for word in UNREADABLE):
            smallest.setdefault(str(pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID), path)
    groups = [[path] for _, path in sorted(smallest.items())]
    groups.append([p for p in sorted(given.files.rglob(f"{MIXED}*.dcm")) if "padded" not in p.name])
    groups.append(sorted(given.files.rglob(f"{SEVEN_BITS}*.dcm")))
    studies = []
    for number, paths in enumerate(groups, 1):
        record = entry = None
        for place, path in enumerate(paths, 1):
            uids = [f"{ROOT}.{number}", f"{ROOT}.{number}.1", f"{ROOT}.{number}.1.{place}"]
            name = f"{number}-{place}.dcm"
            ds = made(pydicom.dcmread(path), uids, given.out / name)
            record = record or study(attributes_of(ds, STUDY))
            entry = entry or series(record, attributes_of(ds, SERIES))
            instance(entry, attributes_of(ds, INSTANCE), name, ds.file_meta.TransferSyntaxUID)
            entry["instances"][-1].update(pixels=uncompressed_length(ds), sample=path.stem)
        record["name"] = "mixed" if len(paths) > 1 else str(ds.file_meta.TransferSyntaxUID)
        if SEVEN_BITS in paths[0].name:
            record["name"] = "seven bits"
        studies.append(record)
    write(given.out / "truth.json", studies, {"files": given.files.name})


if __name__ == "__main__":
    main()
