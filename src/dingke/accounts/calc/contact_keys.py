"""Phones and websites brought to one form for the duplicate check. Keys only, never shown."""

from __future__ import annotations

import re
import unicodedata

FREE_MAIL_DOMAINS: frozenset[str] = frozenset(
    (
        "qq.com",
        "vip.qq.com",
        "foxmail.com",
        "163.com",
        "vip.163.com",
        "126.com",
        "yeah.net",
        "sina.com",
        "sina.cn",
        "sohu.com",
        "139.com",
        "189.cn",
        "wo.cn",
        "21cn.com",
        "aliyun.com",
        "tom.com",
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "outlook.com",
        "live.com",
        "msn.com",
        "yahoo.com",
        "yahoo.com.cn",
        "icloud.com",
        "me.com",
        "proton.me",
        "protonmail.com",
    )
)
"""Domains that belong to a mail service: sharing one says nothing about the company."""


def phone_key(text: str) -> str:
    """Digits without country code and extension: "+86 755-2878 0808 转 801" -> 075528780808; "" with under 7 digits."""
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = re.split(r"转|分机|ext|x|#|;|,|/|、", plain, maxsplit=1)[0]
    digits = re.sub(r"\D", "", plain)
    digits = digits.removeprefix("00") if digits.startswith("0086") else digits
    if digits.startswith("86") and len(digits) > 11:
        digits = digits.removeprefix("86").removeprefix("0")
        if not re.fullmatch(r"1[3-9]\d{9}", digits):
            digits = "0" + digits  # a landline keeps the 0 of its area code
    return digits if len(digits) >= 7 else ""


def website_key(text: str) -> str:
    """The host of an address or of a mail address, without www: "https://www.Acme.cn/a" -> acme.cn; "" when there is
    none.

    Mail services (qq.com, 163.com) give "".
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    plain = re.sub(r"^[a-z][a-z0-9+.-]*://", "", plain)
    host = re.split(r"[/?#\s]", plain, maxsplit=1)[0].rsplit("@", 1)[-1].split(":", 1)[0].strip(".")
    host = host.removeprefix("www.")
    return host if "." in host and host not in FREE_MAIL_DOMAINS else ""
