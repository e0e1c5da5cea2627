"""The GraphQL documents this connector sends. None asks for a name, an address line, an e-mail or a phone.

Refund lines stand in a list (`refunds`), and a bulk operation refuses a connection inside a list: they are read
in a query of their own, for the orders that have refunds.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.engine.stream import Call

MONEY = "{ shopMoney { amount currencyCode } }"
ORDER = f"""
  id createdAt updatedAt cancelledAt test taxesIncluded currencyCode sourceName
  displayFinancialStatus displayFulfillmentStatus paymentGatewayNames
  totalPriceSet {{ shopMoney {{ amount currencyCode }} presentmentMoney {{ amount currencyCode }} }}
  totalTaxSet {MONEY}
  customer {{ id }}
  shippingAddress {{ provinceCode countryCodeV2 }}
  transactions {{ kind status processedAt }}
  fulfillments {{ createdAt status deliveredAt }}
  refunds {{ id createdAt updatedAt totalRefundedSet {MONEY} }}"""
LINE = f"""
  id sku quantity
  originalUnitPriceSet {MONEY}
  discountAllocations {{ allocatedAmountSet {MONEY} }}
  product {{ id }}
  variant {{ id }}"""
SHIPPING = f"discountedPriceSet {MONEY}"
REFUND_SHIPPING = f"subtotalAmountSet {MONEY} taxAmountSet {MONEY}"
REFUND_LINE = f"quantity restockType subtotalSet {MONEY} totalTaxSet {MONEY} lineItem {{ id }}"
PAGE = "pageInfo { hasNextPage endCursor }"

CHANGED_ORDERS = f"""query ChangedOrders($first: Int!, $after: String, $filter: String!) {{
  orders(first: $first, after: $after, query: $filter, sortKey: UPDATED_AT) {{
    nodes {{ {ORDER}
      shippingLines(first: 3) {{ nodes {{ {SHIPPING} }} {PAGE} }}
      lineItems(first: 10) {{ nodes {{ {LINE} }} {PAGE} }}
    }}
    {PAGE}
  }}
}}"""


def further(kind: str, connection: str, fields: str, first: int = 50) -> str:
    """A further page of a list inside one order, refund or product (`kind`), which is found by its id."""
    return f"""query Further($id: ID!, $after: String!) {{
  {kind}(id: $id) {{ id {connection}(first: {first}, after: $after) {{ nodes {{ {fields} }} {PAGE} }} }}
}}"""


MORE_LINES = further("order", "lineItems", LINE)
MORE_SHIPPING = further("order", "shippingLines", SHIPPING)
MORE_REFUND_LINES = further("refund", "refundLineItems", REFUND_LINE)
MORE_REFUND_SHIPPING = further("refund", "refundShippingLines", REFUND_SHIPPING)
MORE_VARIANTS = further("product", "variants", "id", first=100)

REFUNDS = f"""query Refunds($id: ID!) {{
  order(id: $id) {{
    id
    refunds {{
      id createdAt updatedAt totalRefundedSet {MONEY}
      refundLineItems(first: 20) {{ nodes {{ {REFUND_LINE} }} {PAGE} }}
      refundShippingLines(first: 3) {{ nodes {{ {REFUND_SHIPPING} }} {PAGE} }}
    }}
  }}
}}"""

PRODUCTS = f"""query Products($first: Int!, $after: String) {{
  products(first: $first, after: $after, sortKey: ID) {{
    nodes {{ id title status vendor productType createdAt variants(first: 10) {{ nodes {{ id }} {PAGE} }} }}
    {PAGE}
  }}
}}"""

BALANCE = f"""query Balance($first: Int!, $after: String, $filter: String!) {{
  shopifyPaymentsAccount {{
    balanceTransactions(first: $first, after: $after, query: $filter, sortKey: PROCESSED_AT) {{
      nodes {{ id type test transactionDate amount {{ amount currencyCode }} fee {{ amount currencyCode }}
        associatedOrder {{ id }} }}
      {PAGE}
    }}
  }}
}}"""

PAYOUTS = f"""query Payouts($first: Int!, $after: String, $filter: String!) {{
  shopifyPaymentsAccount {{
    payouts(first: $first, after: $after, query: $filter, sortKey: ISSUED_AT) {{
      nodes {{ id issuedAt status transactionType net {{ amount currencyCode }} }}
      {PAGE}
    }}
  }}
}}"""

STOCK = f"""query Stock($first: Int!, $after: String) {{
  productVariants(first: $first, after: $after, sortKey: ID) {{
    nodes {{ id inventoryQuantity inventoryItem {{ tracked }} }}
    {PAGE}
  }}
}}"""

SHOP = "query Shop { shop { name myshopifyDomain ianaTimezone currencyCode } }"

SCOPES = "query Rights { currentAppInstallation { accessScopes { handle } } }"

SUBMIT = """mutation Backfill($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id status }
    userErrors { field message code }
  }
}"""

POLL = """query Poll($id: ID!) {
  bulkOperation(id: $id) { id status errorCode url rootObjectCount }
}"""


def all_orders(filters: str) -> str:
    """The document of a bulk operation over all orders, or those that `filters` leaves (Shopify's own syntax)."""
    narrowed = f'(query: "{filters}")' if filters else ""
    return f"""{{
  orders{narrowed} {{ edges {{ node {{ {ORDER}
    shippingLines {{ edges {{ node {{ id {SHIPPING} }} }} }}
    lineItems {{ edges {{ node {{ {LINE} }} }} }}
  }} }} }}
}}"""


COST = 60.0
"""Of a query, roughly, in points, until an answer has told: many calls at once must not empty the bucket first."""


def graphql(document: str, *, optional: bool = False, **variables: Any) -> Call:
    return Call("graphql", verb="POST", body=document, params=variables, optional=optional, cost=COST)


def instant(moment: datetime) -> str:
    """Down to the second, as search filters read it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
