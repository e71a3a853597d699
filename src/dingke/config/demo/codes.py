"""The codes that fields of the demonstration records may hold; those of the catalogue keep its order."""

from __future__ import annotations

ROLES = (
    "REP",
    "KEY_ACCOUNT_MANAGER",
    "SALES_MANAGER",
    "DIRECTOR",
    "SERVICE",
    "FINANCE",
    "ADMINISTRATOR",
    "READ_ONLY",
)
CUSTOMER_TYPES = ("KEY", "ORGANISATION", "CONSUMER")
FORMS = ("ENTERPRISE", "GOVERNMENT", "INDIVIDUAL")
STAGES = ("POTENTIAL", "NEW", "GROWING", "MATURE", "DECLINING")
CHANNELS = ("PHONE", "SMS", "EMAIL", "WECHAT")
# C-01, in the order of the catalogue.
DOSSIER_FIELDS = (
    "SIZE_STRENGTH",
    "ORGANISATION",
    "CONTACT_WAYS",
    "DEPARTMENTS",
    "PEOPLE_LEVELS",
    "INSTALLED_BASE",
    "BUSINESS",
    "INDUSTRY",
)
# C-02; price and recognition are the two that quoting needs as well.
COMPETITOR_FIELDS = (
    "PRODUCT_USE",
    "SATISFACTION",
    "REPRESENTATIVE",
    "RELATION",
    "PRICE",
    "RECOGNITION",
)
# C-04.
INFORMATION_SOURCES = (
    "COMPANY_NAME",
    "OBSERVATION",
    "BROCHURE",
    "TALK",
    "SUPPLIER_ENQUIRY",
    "BUSINESS_CARD",
    "CUSTOMER_SYSTEM",
    "SALES_RECORDS",
    "MARKET_RESEARCH",
    "INDUSTRY_REPORT",
    "PARTNER_REFERRAL",
    "SOCIAL_MEDIA",
    "EMAIL",
    "PHONE_INTERVIEW",
    "SITE_VISIT",
    "DEEP_INTERVIEW",
    "INSIDE_SUPPORTER",
)
# D-03.
LEAD_SOURCES = (
    "PRIVATE_NETWORK",
    "COMPETITOR_CUSTOMER",
    "ADVERTISING",
    "YELLOW_PAGES",
    "TRADE_FAIR",
    "INDUSTRY_REPORT",
    "MARKET_RESEARCH",
    "PARTNER_REFERRAL",
)
