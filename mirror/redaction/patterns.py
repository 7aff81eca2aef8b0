"""The shapes that identifiers of Malaysian patients have. Pure; every pattern is bounded, so that no text takes long."""

from __future__ import annotations

import re
from datetime import date

_END = r"(?![\w])"
_LINE = r"[ \t\u00a0]"

MYKAD = re.compile(
    r"(?<![\w-])(\d{2})(\d{2})(\d{2})[- ]?(\d{2})[- ]?(\d{4})(?!-?\d)(?![A-Za-z_])", re.ASCII
)
"""NRIC: date of birth, place of birth, serial; with dashes or spaces, or without."""

_NO_PLACE = frozenset({0, 17, 18, 19, 20, 69, 70, 73, 80, 81, 94, 95, 96, 97})
"""Codes of places of birth that were never given out (National Registration Department)."""


def is_mykad(found: re.Match[str]) -> bool:
    """Whether a match has a day of some century and a place that exists: 12 digits alone are also an order number."""
    year, month, day, place = (int(found.group(n)) for n in range(1, 5))
    return place not in _NO_PLACE and any(_is_day(c + year, month, day) for c in (1900, 2000))


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w-])",
    re.ASCII,
)

PHONE = re.compile(
    r"(?<![\w.+-])(?:"
    r"(?:\+|00)\d{1,3}[- ]?\(?\d{1,4}\)?(?:[- ]?\d{2,4}){2,3}"  # with a country's code
    r"|60[- ]?1\d[- ]?\d{3,4}[- ]?\d{4}"
    r"|01\d[- ]?\d{3,4}[- ]?\d{4}"  # mobile
    r"|\(?0[3-9]\d?\)?[- ]\d{3,4}[- ]?\d{3,4}"  # a fixed line
    r"|0[3-9]\d{7,9}"
    r"|1[- ]?[38]00[- ]?\d{2}[- ]?\d{4}"
    r")(?![\w-])",
    re.ASCII,
)

PASSPORT = re.compile(
    r"(?<![\w])(?:[AHK]\d{8}"  # Malaysia, Sabah, Sarawak
    r"|(?:(?i:passport|pasport|paspot)(?:[ ]?(?i:no|number|nombor|num|bil))?\.?|护照(?:号码|号)?|護照(?:號碼|號)?)"
    rf"{_LINE}{{0,3}}[:#：]?{_LINE}{{0,3}}(?P<id>[A-Z]{{1,3}}-?\d{{5,9}}))" + _END,
    re.ASCII,
)

MRN = re.compile(
    r"(?:(?<![A-Za-z])(?:MRN|M\.R\.N\.|RN|(?i:medical record|patient id|no\.? ?pendaftaran|no\.? ?daftar|nombor pendaftaran|no\.? ?pesakit))"
    rf"{_LINE}{{0,2}}(?:(?i:no|number|nombor)\.?)?|病历号码?|病歷號碼?|病案号|登记号|门诊号)"
    rf"{_LINE}{{0,3}}[:#：]?{_LINE}{{0,3}}(?P<id>(?=[A-Z/-]{{0,8}}\d)[A-Z0-9][A-Z0-9/-]{{3,19}})"
    + _END,
    re.ASCII,
)
"""Numbers of records are each clinic's own: by the word before them, and by patterns that a policy gives."""

_STATES = (
    "Johor|Kedah|Kelantan|Melaka|Malacca|Negeri Sembilan|Pahang|Perak|Perlis|Pulau Pinang|Penang|Sabah|"
    "Sarawak|Selangor|Terengganu|Kuala Lumpur|Labuan|Putrajaya|W\\.?P\\.? ?Kuala Lumpur|KL"
)
_WAY = (
    r"Jalan|Jln\.?|Lorong|Lrg\.?|Taman|Tmn\.?|Kampung|Kg\.?|Persiaran|Lebuh|Lebuhraya|Lintang|Solok|"
    r"Changkat|Bandar|Desa|Pangsapuri|Apartment|Kondominium|Flat|Felda|Blok|Block"
)
_NUMBER = (
    r"(?:(?:No\.?|Lot|Unit|PT|House|Rumah)[ ]?)?[A-Z]?-?\d{1,5}[A-Z]?(?:[-/]\d{1,4}[A-Z]?){0,3}"
)
_NAME = (
    r"(?:[A-Z](?:-\d{1,4}){1,3}|[A-Z]{1,4}\d{1,3}(?:/\d{1,3}[A-Z]?){0,2}|[A-Z][A-Za-z'’]{0,20}"
    r"|\d{1,3}[A-Z]?(?:/\d{1,3}[A-Z]?){0,3}(?!\d))"
)
_NAMES = rf"{_NAME}(?:[ ]{_NAME}){{0,3}}"
_TOWN = rf"(?:,?[ ]?\d{{5}}[ ,]{{0,2}}{_NAMES})?(?:,[ ]?(?:{_STATES}|{_NAMES}))?"
_PART = rf"(?:{_WAY})[ ]{_NAMES}"
_ABROAD = rf"\d{{1,5}}[A-Z]?,?[ ]{_NAMES}[ ](?:Street|Road|Avenue|Lane|Drive|Crescent|Close)(?![A-Za-z])"

ADDRESS = re.compile(
    rf"(?<![\w])(?:(?:{_NUMBER},?[ ])?{_PART}(?:,?[ ]{_PART}){{0,3}}{_TOWN}"
    rf"|{_ABROAD}{_TOWN}"
    rf"|\d{{5}}[ ]{_NAMES},[ ]?(?:{_STATES}))(?![A-Za-z])",
    re.ASCII,
)
"""As they are written in Malay and English."""

ADDRESS_HAN = re.compile(
    r"(?:(?:马来西亚|馬來西亞|吉隆坡|雪兰莪|槟城|柔佛|霹雳|吡叻|森美兰|马六甲|彭亨|吉打|玻璃市|登嘉楼|丁加奴|吉兰丹|沙巴|砂拉越|砂劳越|纳闽|布城)"
    r"(?:[州省]|直辖区)?[\u4e00-\u9fff]{0,8}(?:市|县|區|区|镇)?)?"
    r"(?:(?:住址|地址|住在|家住)[是为為：:]?)?"
    r"[\u4e00-\u9fffA-Z]{1,8}(?:路|街|巷|大道|花园|花園|新村|甘榜|组屋|公寓)"
    r"(?:[\u4e00-\u9fff]{0,4})?(?:第?\d{1,4}(?:[-/]\d{1,4}){0,2}(?:号|號|座|楼|樓|室|巷|弄)){1,4}"
)
"""As they are written in Chinese: with the number of a house, or it is a place and no address."""
