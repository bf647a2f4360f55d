"""Labels, annotations and selectors, as Kubernetes' own objects have them.

What breaks these rules would be refused only when an owned object is applied.
"""

from typing import Annotated

from pydantic import Field

from nemo_voice_operator.api.base import (
    LABEL_VALUE,
    QUALIFIED,
    cel,
    most_chars,
    named,
)

_MOST_ANNOTATION_BYTES = 256 * 1024 - 4096
"""The API server's limit, without room for the operator's own."""
_NAME = (
    "letters, digits, '-', '_' and '.', at most 63, with letters or digits at both ends, "
    "after an optional DNS name and '/'"
)


def qualified(name: str) -> str:
    """Returns the CEL expression that a string is a qualified name."""
    return f"({name}.indexOf('/') <= 253 && {name}.matches('^{QUALIFIED}$'))"


_LABEL_RULES = (
    cel(f"self.all(key, {qualified('key')})", f"the key of a label has {_NAME}"),
    cel(
        f"self.all(key, self[key].matches('^{LABEL_VALUE}$'))",
        "the value of a label has letters, digits, '-', '_' and '.', at most 63, "
        "and letters or digits at both ends",
    ),
)
_LabelValue = Annotated[str, Field(json_schema_extra=most_chars(63))]
_AnnotationValue = Annotated[str, Field(json_schema_extra=most_chars(65_536))]

Labels = Annotated[
    dict[str, _LabelValue],
    Field(max_length=64, json_schema_extra=named("map of labels", *_LABEL_RULES)),
]
PodLabels = Annotated[
    dict[str, _LabelValue],
    Field(
        max_length=64,
        json_schema_extra=named(
            "map of labels",
            *_LABEL_RULES,
            cel(
                "self.all(key, "
                "!key.startsWith('app.kubernetes.io/') && !key.startsWith('nemo-voice.dev/'))",
                "labels under app.kubernetes.io/ and nemo-voice.dev/ belong to the operator",
            ),
        ),
    ),
]
_ANNOTATION_RULES = (
    cel(
        f"self.all(key, {qualified('key.lowerAscii()')})",
        f"the key of an annotation has {_NAME}",
    ),
    cel(
        f"self.map(key, size(key) + size(bytes(self[key]))).sum() <= {_MOST_ANNOTATION_BYTES}",
        f"annotations have at most {_MOST_ANNOTATION_BYTES} bytes together",
    ),
)
Annotations = Annotated[
    dict[str, _AnnotationValue],
    Field(max_length=64, json_schema_extra=named("map of annotations", *_ANNOTATION_RULES)),
]
_OWN_RULES = (
    *_ANNOTATION_RULES,
    cel(
        "self.all(key, !key.startsWith('nemo-voice.dev/'))",
        "annotations under nemo-voice.dev/ belong to the operator",
    ),
)
OwnAnnotations = Annotated[
    dict[str, _AnnotationValue],
    Field(max_length=64, json_schema_extra=named("map of annotations", *_OWN_RULES)),
]
"""Of objects where the operator has annotations of its own."""
PodAnnotations = Annotated[
    dict[str, _AnnotationValue],
    Field(
        max_length=64,
        json_schema_extra=named(
            "map of annotations",
            *_OWN_RULES,
            cel(
                "self.all(key, !key.startsWith('container.apparmor.security.beta.kubernetes.io/'))",
                "no annotation of a pod chooses an AppArmor profile: "
                "Pod Security refuses those that confine less",
            ),
        ),
    ),
]
"""Of pods, where some annotations are part of a container's security context."""
LabelKey = Annotated[
    str,
    Field(
        json_schema_extra=named(
            "label key", cel(qualified("self"), f"the key of a label has {_NAME}")
        )
        | most_chars(317)
        | {"minLength": 1}
    ),
]
