"""Does one side refuse where the other answers? Set phrases at the start of a short answer."""

from __future__ import annotations

import re

from compare.comparison import Finding, Flag, Pair, Severity

_HEAD = 300
_LONGEST = 600

# Each phrase is a refusal to answer at all, so "I cannot see a rash, but ..." needs more than a start.
_I_CANNOT = (
    r"\bI(?: (?:can(?:'t|not| not)|won't|will not|would rather not"
    r"|(?:must|have to|need to) (?:respectfully )?decline to)"
    r"|(?: am|'m) (?:just |simply |currently )?"
    r"(?:(?:not (?:able|allowed|permitted|authori[sz]ed|qualified|going|in a position)|unable) to))"
)
_VERBS = (
    r"(?:assist|help(?! it\b)|answer|provide|comply|fulfil|fulfill|discuss|engage|offer|support"
    r"|give(?! (?:you )?(?:an? )?(?:exact|precise|definite|firm))"
    r"|respond|continue|comment|do that|share|generate|create|write|interpret|diagnose|prescribe|proceed"
    r"|address|process|produce|draft|summari[sz]e|complete)"
)
_SAYA = r"(?:\b(?:saya|aku|maaf),? (?:tetapi |tapi |kerana )?(?:saya )?(?:tidak|tak|tdk) (?:dapat|boleh|mampu|bisa|dibenarkan)(?: nak| untuk)?)"
_BERI = (
    r"(?:mem)?(?:bantu|tolong|jawab|beri(?:kan)?|bagi)|menolong|menjawab|memberi(?:kan)?|menyediakan|memenuhi"
    r"|meneruskan|melayan(?:i)?|memproses|mengulas|membincangkan|mentafsir(?:kan)?|menulis|lakukan|melakukan"
    r"|menghasilkan|menjana|menyiapkan|merumuskan|meringkaskan"
)
_WO = r"(?:无法|無法|不能|没办法|沒辦法|不可以|不便|不方便|无权|無權|拒绝|拒絕)"
_FOR_YOU = r"(?:(?:为|為|向|给|給|帮|幫|替|对|對)(?:您|你))?"
_ANSWER = (
    r"(?:提供|给出|給出|回答|解答|帮助|幫助|帮您|幫您|帮你|幫你|协助|協助|满足|滿足|继续|繼續|讨论|討論|评论|評論|处理|處理|诊断|診斷"
    r"|生成|撰写|撰寫|编写|編寫|总结|總結|完成)"
)
_PHRASES = (
    rf"\bI(?:(?: am|'m) (?:really |very |so )?(?:sorry|afraid)| apologi[sz]e),? (?:but )?(?:that )?{_I_CANNOT}\b",
    rf"{_I_CANNOT} (?:be able to )?{_VERBS}\b",
    rf"\bas an? (?:AI(?: language)?(?: model| assistant)?|(?:large )?language model),? (?:{_I_CANNOT}|I do not|I don't)\b",
    r"\bI (?:must|have to|need to) (?:respectfully )?decline\b",
    r"\b(?:your|this|that|the) (?:request|question|query) (?:has been |was |is |can(?:'t|not) be )"
    r"(?:denied|declined|refused|blocked|rejected|fulfilled|answered|beyond|outside)\b",
    r"\b(?:beyond|outside) (?:of )?(?:what I can|my (?:scope|capabilit(?:y|ies)|abilities))\b",
    r"\bI (?:do not|don't) (?:have the (?:ability|capability|authority) to|feel comfortable)\b",
    r"\bnot (?:be )?appropriate for me to\b",
    r"\b(?:against|violates?) (?:my|our|the) (?:usage |content )?(?:policy|policies|guidelines)\b",
    rf"{_SAYA} (?:{_BERI})\b",
    r"\bsaya enggan (?:menjawab|membantu|memberi)|\bsaya terpaksa (?:menolak|tolak)\b",
    r"\b(?:maaf|sorry),? (?:tetapi |tapi )?saya (?:tidak|tak) (?:dapat|boleh|mampu|bisa)\b",
    r"\bmaaf,? [^.]{0,40}\b(?:tidak|tak) (?:dapat|boleh) (?:dilayan|dipenuhi|dijawab|diproses|dibantu)\b",
    r"\bsebagai (?:sebuah )?(?:model (?:bahasa )?|pembantu )?AI,? saya (?:tidak|tak)\b",
    r"\bdi luar (?:skop|kemampuan|bidang) saya\b",
    rf"(?:抱歉|对不起|對不起|很遗憾|很遺憾)[，,。！!]?\s*(?:但|但是)?(?:我|本人)?(?:目前|暂时|暫時)?{_WO}",
    rf"我(?:目前|暂时|暫時)?(?:还|還)?(?:{_WO}|没有(?:能力|权限)|沒有(?:能力|權限)){_FOR_YOU}{_ANSWER}",
    r"超出(?:了)?我的?(?:能力|服务|服務|职责|職責)?(?:范围|範圍)",
    r"作为(?:一个|一名)?(?:AI|人工智能)[^。]{0,12}，?我(?:无法|不能)|作為(?:一個|一名)?(?:AI|人工智慧)[^。]{0,12}，?我(?:無法|不能)",
    r"மன்னிக்கவும்[^.\n]{0,80}(?:முடியாது|இயலாது|முடியவில்லை|இயலவில்லை)",
    r"(?:உதவ|பதிலளிக்க|வழங்க) (?:முடியாது|இயலாது)",
)
_REFUSES = re.compile("|".join(f"(?:{phrase})" for phrase in _PHRASES), re.IGNORECASE)


def refusal(pair: Pair) -> Finding:
    """Flags `REFUSAL_ONLY_CAND` (fail) and `REFUSAL_ONLY_BASE` (review)."""
    primary, candidate = refuses(pair.primary), refuses(pair.candidate)
    if candidate and not primary:
        return Finding(flags=(Flag("REFUSAL_ONLY_CAND", Severity.FAIL, candidate),))
    if primary and not candidate:
        return Finding(flags=(Flag("REFUSAL_ONLY_BASE", Severity.REVIEW, primary),))
    return Finding()


def refuses(text: str) -> str:
    """The words in which a text refuses; empty where it does not."""
    plain = text.strip().replace("’", "'")
    if len(plain) >= _LONGEST:
        return ""
    found = _REFUSES.search(plain[:_HEAD])
    return found.group(0) if found else ""
