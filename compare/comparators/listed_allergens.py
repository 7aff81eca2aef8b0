"""Allergens of no known family in a plain list: "ragweed, cat dander (hives)". A line of other words has none."""

from __future__ import annotations

import re

from compare.comparators.allergens import allergens

_BETWEEN = re.compile(r"[,，、/&]|\b(?:and|dan)\b|[和及]", re.IGNORECASE)
_ASIDE = re.compile(r"\([^)]*\)?|（[^）]*）?|\s[-–—]\s.*|[*_\[\]]")
_ITEM = re.compile(r"[a-z][a-z'-]{2,}(?: [a-z'-]{3,})?|[\u4e00-\u9fff]{2,5}")
_NO_ITEM = re.compile(
    r"\b(?:unknown|unclear|uncertain|unremarkable|unchanged|reviewed?|discussed|mentioned|documented|provided|available|noted|stated"
    r"|reported|recorded|assessed|specified|listed|confirmed|updated|unable|pending|present|positive|negative|yes|see|per|chart|above"
    r"|below|patient|history|none|not|has|have|with|for|the|seasonal|environmental|multiple|various|several|other|many|some|known"
    r"|allerg\w*|rhinitis|asthma|eczema|rash|hives|mild|severe|moderate|stable|controlled|continue|start|takes?|taking|use|denie[sd]"
    r"|medications?|medicines?|drugs?|foods?|symptoms?|reactions?|intolerance|sensitivity|well|good|daily"
    r"|avoid\w*|triggers?|refer\w*|follow\w*|monitor\w*|prescri\w*|consider|recommend\w*|advised?|due|since|about|from|to|of|in|on|no"
    r"|antihistamines?|any\w*|some\w*|it|this|that|these|those|them|which|what\w*|things?|ones?|something|nothing|else"
    r"|alah\w*|alergi|ubat\w*|makanan|tidak|tiada|ada|pesakit|diketahui|dinyatakan|dibincang\w*|apa\w*)\b"
    r"|[无未不没待详否有]|过敏|药|食物|患者|皮疹|什么|任何",
    re.IGNORECASE,
)


def listed_allergens(what: str) -> list[str]:
    """The substances of a plain list that are of no known family; none where it is no plain list."""
    items = [
        one.strip().casefold() for one in _BETWEEN.split(_ASIDE.sub(" ", what)) if one.strip()
    ]
    others = [one for one in items if not allergens(one)]
    plain = all(_ITEM.fullmatch(one) and not _NO_ITEM.search(one) for one in others)
    return [one.removesuffix("s") for one in others] if plain else []
