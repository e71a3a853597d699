"""Rows of other domains as arrays laid beside the accounts, for signals that judge by more than orders."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db.models import QuerySet

from dingke.insights.calc.warning import Context, Numbers, Rows


def arrays(rows: QuerySet[Any], *names: str) -> list[list[Any]]:
    """These columns of the rows, one list each."""
    found = list(rows.order_by().values_list(*names).iterator(chunk_size=20_000))
    return [list(column) for column in zip(*found, strict=True)] if found else [[] for _name in names]


def days(values: list[Any]) -> np.ndarray:
    return np.array(values, dtype="datetime64[D]")


def places(context: Context, account_ids: list[int]) -> tuple[Rows, np.ndarray]:
    """The rows of these accounts, and which of them are there at all."""
    rows = context.rows_of(np.array(account_ids, dtype=np.int64))
    return rows, rows >= 0


def newest(context: Context, account_ids: list[int], values: list[Any]) -> np.ndarray:
    """The latest day per account; NaT where there is none."""
    laid = np.full(len(context.columns), np.datetime64("NaT"), dtype="datetime64[D]")
    rows, known = places(context, account_ids)
    order = np.argsort(days(values)[known], kind="stable")  # the last one written stays
    laid[rows[known][order]] = days(values)[known][order]
    return laid


def totals(context: Context, rows: Rows, amounts: Numbers) -> Numbers:
    return np.bincount(rows, weights=amounts, minlength=len(context.columns)).astype(np.float64)
