"""The payloads, only the fields read. Orders write amounts as strings, finances as numbers: both become Decimal."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from connectors.engine.values import Id, decoder


class Money(Struct, rename="camel"):
    amount: Decimal
    currency_code: str = ""


# --- orders 2026-01-01 --------------------------------------------------------------------------------------


class Detail(Struct, rename="camel"):
    subtype: str = ""
    value: Money | None = None


class Proceed(Struct, rename="camel"):
    type: str
    subtotal: Money
    detailed_breakdowns: list[Detail] = []


class Proceeds(Struct, rename="camel"):
    breakdowns: list[Proceed] = []


class Price(Struct, rename="camel"):
    unit_price: Money | None = None


class Product(Struct, rename="camel"):
    asin: str = ""
    seller_sku: str = ""
    price: Price | None = None


class Item(Struct, rename="camel"):
    quantity_ordered: int
    product: Product
    proceeds: Proceeds | None = None


class Total(Struct, rename="camel"):
    grand_total: Money | None = None


class Fulfilment(Struct, rename="camel"):
    fulfillment_status: str = ""


class PackageStatus(Struct):
    status: str = ""


class Package(Struct, rename="camel"):
    package_status: PackageStatus | None = None
    ship_time: str | None = None


class Associated(Struct, rename="camel"):
    association_type: str = ""


class SalesChannel(Struct, rename="camel", frozen=True):
    channel_name: str = ""


class Order(Struct, rename="camel"):
    order_id: str
    created_time: str
    last_updated_time: str
    order_items: list[Item]
    fulfillment: Fulfilment | None = None
    proceeds: Total | None = None
    packages: list[Package] | None = None
    associated_orders: list[Associated] | None = None
    sales_channel: SalesChannel = SalesChannel()


class Pagination(Struct, rename="camel"):
    next_token: str | None = None


class Orders(Struct):
    orders: list[Order]
    pagination: Pagination | None = None


class OneOrder(Struct):
    order: Order


# --- reports 2021-06-30 -------------------------------------------------------------------------------------


class Report(Struct, rename="camel"):
    report_id: str = ""
    report_type: str = ""
    processing_status: str = ""
    report_document_id: str | None = None
    data_start_time: str | None = None
    data_end_time: str | None = None
    url: str | None = None
    compression_algorithm: str | None = None


class Reports(Struct, rename="camel"):
    reports: list[Report] = []
    next_token: str | None = None


# --- finances 2024-06-19 ------------------------------------------------------------------------------------


class Amount(Struct, rename="camel"):
    currency_amount: Decimal = Decimal(0)
    currency_code: str = ""


class Breakdown(Struct, rename="camel"):
    breakdown_type: str = ""
    breakdown_amount: Amount | None = None
    breakdowns: list[Breakdown] | None = None


class ProductContext(Struct, rename="camel"):
    context_type: str = ""
    asin: str = ""
    sku: str = ""


class Sold(Struct, rename="camel"):
    contexts: list[ProductContext] | None = None
    breakdowns: list[Breakdown] | None = None


class Related(Struct, rename="camel"):
    related_identifier_name: str = ""
    related_identifier_value: str = ""


class Place(Struct, rename="camel"):
    marketplace_id: str = ""


class Transaction(Struct, rename="camel"):
    posted_date: str
    transaction_id: str = ""
    transaction_type: str = ""
    transaction_status: str = ""
    related_identifiers: list[Related] | None = None
    items: list[Sold] | None = None
    breakdowns: list[Breakdown] | None = None
    marketplace_details: Place | None = None


class Transactions(Struct, rename="camel"):
    transactions: list[Transaction] | None = None
    next_token: str | None = None


class TransactionsPayload(Struct):
    payload: Transactions


# --- sales and traffic, stock -------------------------------------------------------------------------------


class Sum(Struct, rename="camel"):
    amount: Decimal = Decimal(0)
    currency_code: str = ""


class Sales(Struct, rename="camel", frozen=True):
    """As ordered."""

    ordered_product_sales: Sum | None = None
    units_ordered: Decimal | None = None


class Traffic(Struct, rename="camel", frozen=True):
    sessions: int | None = None
    page_views: int | None = None


class SalesDay(Struct, rename="camel"):
    date: str
    sales_by_date: Sales = Sales()
    traffic_by_date: Traffic = Traffic()


class SalesReport(Struct, rename="camel"):
    sales_and_traffic_by_date: list[SalesDay] = []


class StockDetails(Struct, rename="camel"):
    fulfillable_quantity: int | None = None


class Summary(Struct, rename="camel"):
    seller_sku: str = ""
    inventory_details: StockDetails | None = None


class Summaries(Struct, rename="camel", frozen=True):
    inventory_summaries: list[Summary] = []


class Stock(Struct):
    payload: Summaries = Summaries()
    pagination: Pagination | None = None


# --- ads reporting v3 ---------------------------------------------------------------------------------------


class AdReport(Struct, rename="camel"):
    report_id: str = ""
    status: str = ""
    url: str | None = None
    failure_reason: str | None = None
    detail: str = ""


class AdRow(Struct, rename="camel"):
    """A campaign's day. Sponsored Products name the window of their sales, the other kinds have one."""

    date: str
    campaign_id: Id
    campaign_name: str | None = None
    campaign_status: str | None = None
    campaign_budget_currency_code: str | None = None
    impressions: int | None = None
    clicks: int | None = None
    cost: Decimal | None = None
    purchases14d: int | None = None
    sales14d: Decimal | None = None
    purchases: int | None = None
    sales: Decimal | None = None


# --- sellers v1 ---------------------------------------------------------------------------------------------


class Marketplace(Struct, rename="camel"):
    id: str
    country_code: str
    default_currency_code: str


class Participation(Struct, rename="camel"):
    marketplace: Marketplace
    store_name: str = ""


class Participations(Struct):
    payload: list[Participation] = []


ORDERS, ONE_ORDER, REPORT, REPORTS = decoder(Orders), decoder(OneOrder), decoder(Report), decoder(Reports)
TRANSACTIONS, PARTICIPATIONS = decoder(TransactionsPayload), decoder(Participations)
SALES, STOCK = decoder(SalesReport), decoder(Stock)
AD_REPORT, AD_ROWS = decoder(AdReport), decoder(list[AdRow])
