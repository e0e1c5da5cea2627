"""Reports: ordered, waited for, and their document asked for by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.amazon import wire
from connectors.engine.stream import Call, Context, Page, Reply, Report

REPORTS = "/reports/2021-06-30"


def create(kind: str, context: Context, options: Mapping[str, str] | None = None, *, alone: bool = False,
           **period: str) -> Call:
    """`alone` = of the shop's first marketplace: some reports take no more than one."""
    places = context.settings.marketplaces[:1] if alone else context.settings.marketplaces
    body: dict[str, Any] = {"reportType": kind, "marketplaceIds": places, **period}
    if options:
        body["reportOptions"] = options
    return Call(f"{REPORTS}/reports", verb="POST", body=body, limit="createReport")


def listed(kind: str, states: str, context: Context, **more: str) -> Call:
    """The reports of a kind that there are; at most ten marketplaces can be named."""
    params = {"reportTypes": kind, "marketplaceIds": ",".join(context.settings.marketplaces[:10]),
              "pageSize": 100, "processingStatuses": states, **more}  # fmt: skip
    return Call(f"{REPORTS}/reports", params=params, limit="getReports")


def document(document_id: str) -> Call:
    return Call(f"{REPORTS}/documents/{document_id}", limit="getReportDocument")


def created(reply: Reply) -> str:
    return wire.REPORT.decode(reply.body).report_id


def report_status(report_id: str) -> Call:
    return Call(f"{REPORTS}/reports/{report_id}", limit="getReport")


def report_stands(reply: Reply) -> Report:
    """Of the report, then of its document. CANCELLED: there is nothing, or its twin was ordered just before."""
    found = wire.REPORT.decode(reply.body)
    if found.url:
        return Report("done", found.url, gzip=found.compression_algorithm == "GZIP")
    if found.processing_status == "DONE" and found.report_document_id:
        return Report("running", then=document(found.report_document_id))
    if found.processing_status == "FATAL":
        return Report("failed", why="FATAL")
    return Report("done" if found.processing_status in ("DONE", "CANCELLED") else "running")


def no_pages(reply: Reply, call: Call) -> Page:
    """Of a stream that is read from reports alone."""
    return Page([])
