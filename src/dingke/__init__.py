"""Dingke 鼎客: key account management 大客户管理, open source and self-hosted."""

__version__ = "0.1.0"
