# SPDX-License-Identifier: Apache-2.0
"""Validates OCSF events by the published definitions in tests/golden/ocsf: what is defined, required, of
which type and values, and by which profile it is there."""
import json

# Of the dictionary: which object an attribute is, where its name does not say so.
OBJECTS = {"parent_process": "process", "hashes": "fingerprint"}
LISTS = {"hashes", "profiles", "types"}
TYPES = {"string_t": str, "integer_t": int, "long_t": int, "timestamp_t": int, "boolean_t": bool, "object": dict}


class Schema:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.all = json.load(f)["definitions"]
        self.dictionary = self.all["dictionary.json"]["attributes"]

    def resolve(self, path):
        """Its attributes with those that it extends, which it may say more of; and what it needs one of."""
        d = self.all[path]
        attributes, one_of = self.resolve(d["extends"]) if "extends" in d else ({}, [])
        attributes = {k: dict(v) for k, v in attributes.items()}
        for name, more in d["attributes"].items():
            old = attributes.setdefault(name, {})
            values = old.get("enum", []) + more.get("enum", [])
            old.update({k: v for k, v in more.items() if not (k == "requirement" and v is None)})
            if values:
                old["enum"] = values
        return attributes, d.get("at_least_one", one_of)

    def with_profiles(self, path, named):
        attributes, one_of = self.resolve(path)
        for p in named:
            for name, more in self.all[f"profiles/{p}.json"]["attributes"].items():
                attributes.setdefault(name, dict(more))
        return attributes, one_of

    def faults(self, event):
        """What is wrong with one event, each as a sentence."""
        finding = event.get("class_uid") != 0
        path = "events/findings/data_security_finding.json" if finding else "events/base_event.json"
        profiles = event.get("metadata", {}).get("profiles", [])
        version = event.get("metadata", {}).get("version", "")
        for p in profiles:
            if p not in self.all["events/base_event.json"]["profiles"] or f"profiles/{p}.json" not in self.all:
                yield f"no profile {p}"
                return
        attributes, _ = self.with_profiles(path, profiles)
        if finding:
            category, uid = self.all["events/findings/finding.json"]["category"], self.all[path]["uid"]
            attributes["class_uid"]["enum"] = [category * 1000 + uid]
            attributes["category_uid"]["enum"] = [category]
        yield from self.object_faults("", event, attributes, [], version)
        if event.get("type_uid") != event.get("class_uid", 0) * 100 + event.get("activity_id", 0):
            yield "type_uid is not class_uid * 100 + activity_id"

    def object_faults(self, where, value, attributes, one_of, version):
        for name, a in attributes.items():
            if a.get("requirement") == "required" and name not in value:
                yield f"{where}{name} is missing"
        if one_of and not any(k in value for k in one_of):
            yield f"{where or 'the event'} has none of {one_of}"
        for name, v in value.items():
            if name not in attributes:
                yield f"{where}{name} is not defined"
            else:
                yield from self.attribute_faults(where + name, name, v, attributes[name], version)

    def attribute_faults(self, where, name, value, attribute, version):
        entry = self.dictionary.get(name, {})
        since = attribute.get("deprecated")
        if since and [int(n) for n in since.split(".")] <= [int(n) for n in version.split(".")]:
            yield f"{where} is deprecated since {since}"
        wants_list = name in LISTS or entry.get("is_array", False)
        if wants_list != isinstance(value, list):
            yield f"{where} is {'no' if wants_list else 'a'} list"
            return
        kind = OBJECTS.get(name, entry.get("type", name))
        for n, v in enumerate(value if isinstance(value, list) else [value]):
            at = f"{where}[{n}]" if isinstance(value, list) else where
            if f"objects/{kind}.json" in self.all:
                if not isinstance(v, dict):
                    yield f"{at} is no object"
                else:
                    yield from self.object_faults(at + ".", v, *self.resolve(f"objects/{kind}.json"), version)
            elif kind in TYPES and (not isinstance(v, TYPES[kind]) or (TYPES[kind] is int and isinstance(v, bool))):
                yield f"{at} is no {kind}"
            elif isinstance(v, dict) and kind != "object":
                yield f"{at} is an object that is not defined"
        values = attribute.get("enum", []) + entry.get("enum", [])
        if values and value not in values:
            yield f"{where} is {value}, which is none of {values}"
