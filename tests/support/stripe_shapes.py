"""Check the shape of Stripe objects against the official SDK's annotations.

The annotations of the SDK's classes are the most complete schema of Stripe's objects in Python.
`shape_errors` compares an object with them and names each missing required field, wrong type and
unknown field by its path.
"""

from __future__ import annotations

import decimal
import importlib
import inspect
import types
import typing
from collections.abc import Mapping
from typing import Any

from stripe import ListObject, StripeObject
from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import UntypedStripeObject

_PLAIN: dict[Any, tuple[type, ...]] = {
    int: (int,),
    str: (str,),
    float: (int, float),
    # The API writes decimals as text.
    decimal.Decimal: (str,),
}


def class_of(name: str) -> type[StripeObject] | None:
    """Return the SDK's class for a value of `object`."""
    if name == "line_item":
        module, attribute = "stripe._invoice_line_item", "InvoiceLineItem"
    elif name in OBJECT_CLASSES:
        module, attribute = OBJECT_CLASSES[name]
    else:
        return None
    found: type[StripeObject] = getattr(importlib.import_module(module), attribute)
    return found


def shape_errors(document: Mapping[str, Any], path: str = "") -> list[str]:
    """Return the shape errors of an object by its type in `object`; empty if it is valid."""
    name = document.get("object")
    found = class_of(name) if isinstance(name, str) else None
    if found is None:
        return [f"{path or '.'}: unknown object {name!r}"]
    return _against(document, found, path or name or "")


def _annotations(cls: type) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, StripeObject) and base.__module__ != StripeObject.__module__:
            fields |= inspect.get_annotations(base)
    return {k: v for k, v in fields.items() if typing.get_origin(v) is not typing.ClassVar}


def _against(document: Mapping[str, Any], cls: type, path: str) -> list[str]:
    fields = _annotations(cls)
    wrong = [f"{path}.{name}: unknown field" for name in document if name not in fields]
    for name, annotation in fields.items():
        if name in document:
            wrong += _value(document[name], annotation, f"{path}.{name}")
        elif not _may_be_null(annotation):
            wrong.append(f"{path}.{name}: missing")
    return wrong


def _may_be_null(annotation: Any) -> bool:
    return type(None) in typing.get_args(annotation)


def _value(value: Any, annotation: Any, path: str) -> list[str]:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in (Any, object, dict, StripeObject):
        return []
    if origin in (typing.Union, types.UnionType):
        return min((_value(value, one, path) for one in arguments), key=len)
    if annotation is type(None):
        return [] if value is None else [f"{path}: not null"]
    if origin is typing.Literal:
        return [] if value in arguments else [f"{path}: {value!r} is none of its values"]
    if origin is list:
        return _list(value, arguments[0], path)
    if origin is ListObject:
        return _page(value, arguments[0], path)
    if origin is UntypedStripeObject:
        return _map(value, arguments[0], path)
    if annotation is bool or annotation in _PLAIN:
        return _plain(value, annotation, path)
    return _object(value, annotation, path)


def _plain(value: Any, annotation: Any, path: str) -> list[str]:
    if annotation is bool:
        right = isinstance(value, bool)
    else:
        right = isinstance(value, _PLAIN[annotation]) and not isinstance(value, bool)
    return [] if right else [f"{path}: {type(value).__name__} for {annotation.__name__}"]


def _list(value: Any, of: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: no list"]
    return [f for i, one in enumerate(value) for f in _value(one, of, f"{path}[{i}]")]


def _page(value: Any, of: Any, path: str) -> list[str]:
    if not isinstance(value, dict) or value.get("object") != "list":
        return [f"{path}: no list object"]
    wrong = [f"{path}.{k}: missing" for k in ("data", "has_more", "url") if k not in value]
    return wrong + _list(value.get("data"), of, f"{path}.data")


def _map(value: Any, of: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: no map"]
    return [f for name, one in value.items() for f in _value(one, of, f"{path}.{name}")]


def _object(value: Any, annotation: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: no object"]
    if isinstance(value.get("object"), str) and class_of(value["object"]) is not None:
        return shape_errors(value, path)
    if isinstance(annotation, type) and issubclass(annotation, StripeObject):
        return _against(value, annotation, path)
    return [f"{path}: no {annotation}"]


def field_differences(
    document: Mapping[str, Any], fixture: Mapping[str, Any], path: str = ""
) -> list[str]:
    """Return the fields that an object lacks, or has in addition, compared with Stripe's fixture.

    Only names are compared, and only where both have objects; a fixture's values are samples.
    """
    missing = [f"{path}.{name}: not in the object" for name in fixture if name not in document]
    extra = [f"{path}.{name}: not in the fixture" for name in document if name not in fixture]
    deeper: list[str] = []
    for name in document.keys() & fixture.keys():
        ours, theirs = document[name], fixture[name]
        if isinstance(ours, dict) and isinstance(theirs, dict) and name != "metadata":
            deeper += field_differences(ours, theirs, f"{path}.{name}")
        elif isinstance(ours, list) and isinstance(theirs, list) and ours and theirs:
            first, sample = ours[0], theirs[0]
            if isinstance(first, dict) and isinstance(sample, dict):
                deeper += field_differences(first, sample, f"{path}.{name}[0]")
    return missing + extra + deeper
