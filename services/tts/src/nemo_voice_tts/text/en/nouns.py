"""Whether an amount stands before a noun, and its unit therefore in the singular: `a $5 fee`."""

import re

_FUNCTION_WORDS = (
    "or|and|to|in|on|at|for|of|by|per|is|was|were|are|has|had|have|from|with|if|when"
    "|than|as|but|each|a|an|the|more|less"
    "|off|back|extra|worth|ago|today|this|that|last|over|up|down|higher|lower"
    "|yesterday|tomorrow|into|under|until"
    "|after|before|because|while|which|who|can|will|would|should|may|must|instead"
    "|only|again|away|apart|long|wide"
    "|tall|high|deep|thick|faster|slower|later|earlier|not|so|it|he|she|they|we|you"
    "|via|through|across|around|plus|minus"
)
_NOUN = re.compile(rf"[ -](?!(?:{_FUNCTION_WORDS})\b)[a-z]{{3,}}")
_ARTICLE = re.compile(
    r"(?:^|[ (\"'])(?:an?|another|every|each|single)"
    r"(?: (?:new|extra|flat|mere|full|nominal|cool|whopping|minimum|record|free"
    r"|further|standard|small|large|regular))? ?-?$",
    re.IGNORECASE,
)
_THINGS = re.compile(
    r"[ -](?:(?:four K|eight K|4K|8K|OLED|LED|LCD|HD|smart|flat|curved)[ -])*(?:bill|note|coin"
    r"|banknote|piece|stamp|deposit|gift card|voucher|question|battery|charger"
    r"|adapter|run|race|walk|hike|ride|dash|"
    r"swim|drive|radius|bag|box|bottle|can|jar|pack|package|file|download|limit|zone"
    r"|oled|qled|lcd|screen|display|monitor|tv|pizza|bulb|light|"
    r"batteries|supplies|motor|engine|outlet|supply|cable|rope|pipe|tank|drop|fall|wall|wave|pole|ladder"
    r"|board|nail|wire|lens|camera|sensor|hard drive|"
    r"disk|stick|plan|tablet|dose|capsule|pill|syringe|headwind|winds?|mark|gap|chip"
    r"|process|node|ram|fuse|ssd|disc|capacitor|resistor|memory|cache|delay|timeout"
    r"|warning|break|interval|check|ticket|deal|fee|fine|house|home|loan|grant|prize|budget"
    r"|project|program|investment|fund|bonus|discount|coupon|donation|penalty|tax|credit"
    r"|payment|settlement|lawsuit|contract|bond|rebate|refund|bet|meal|mortgage|property"
    r"|mansion|acquisition|stimulus|roll|cartridge|hurdle|relay|sprint|freestyle|final|steak|burger|tower"
    r"|bridge|building|skyscraper|statue|cliff|TDP|PSU|GPU|CPU|panel|speaker|rail)(?:e?s)?\b",
    re.IGNORECASE,
)
_REACH = 24


def stands_before_noun(text: str, start: int, end: int) -> bool:
    """Returns whether the amount from `start` to `end` of the text describes what follows it.

    Args:
        text: The text.
        start: Where the amount begins.
        end: Where it ends.
    """
    following = text[end : end + _REACH]
    if _THINGS.match(following):
        return True
    before = text[max(0, start - _REACH) : start]
    return bool(_NOUN.match(following) and _ARTICLE.search(before))
