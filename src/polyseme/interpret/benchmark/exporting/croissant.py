"""The description of the folder in Croissant 1.0, JSON-LD that data set search engines read.

Source: MLCommons, Croissant Format Specification, version 1.0 (2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polyseme.common.version import VERSION
from polyseme.interpret.benchmark.exporting.facts import COLUMNS, TEXTS, FileFacts
from polyseme.interpret.benchmark.exporting.licences import Licence

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
# The context that the specification gives, and two words that its checker adds.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_KINDS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".safetensors": "application/octet-stream",
}


def croissant(
    title: str, about: str, licence: Licence, files: Sequence[FileFacts], table: str
) -> dict[str, Any]:
    """Return the description of a folder of these files, whose table is one of them.

    It has no date, which the same networks would have another of on another day.
    """
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": title,
        "description": about,
        "license": licence.address,
        "version": VERSION,
        "creator": {"@type": "sc:Organization", "name": "The polyseme authors"},
        "citeAs": "polyseme: a compiler and laboratory for computing in superposition",
        "distribution": [_file_object(file) for file in files],
        "recordSet": [_records(table)],
    }


def _file_object(file: FileFacts) -> dict[str, str]:
    ending = file.path[file.path.rindex(".") :]
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.size} B",
        "encodingFormat": _KINDS[ending],
        "sha256": file.digest,
    }


def _records(table: str) -> dict[str, Any]:
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"networks/{column}",
            "name": f"networks/{column}",
            "description": words,
            "dataType": "sc:Text" if column in TEXTS else "sc:Integer",
            "source": {"fileObject": {"@id": table}, "extract": {"column": column}},
        }
        for column, words in COLUMNS.items()
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": "networks",
        "name": "networks",
        "description": "A row per network",
        "key": {"@id": "networks/name"},
        "field": fields,
    }
