"""The GraphQL documents this connector sends. None asks for a name, an address line, an e-mail or a phone.

Refund lines stand in a list (`refunds`), and a bulk operation refuses a connection inside a list: they are read
in a query of their own, for the orders that have refunds.
"""

from __future__ import annotations

MONEY = "{ shopMoney { amount currencyCode } }"
ORDER = f"""
  id createdAt updatedAt cancelledAt test taxesIncluded currencyCode presentmentCurrencyCode sourceName
  displayFinancialStatus displayFulfillmentStatus
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

MORE_LINES = f"""query MoreLines($id: ID!, $after: String!) {{
  order(id: $id) {{ id lineItems(first: 50, after: $after) {{ nodes {{ {LINE} }} {PAGE} }} }}
}}"""

REFUNDS = f"""query Refunds($id: ID!) {{
  order(id: $id) {{
    id
    refunds {{
      id createdAt updatedAt totalRefundedSet {MONEY}
      refundLineItems(first: 20) {{ nodes {{ {REFUND_LINE} }} {PAGE} }}
      refundShippingLines(first: 3) {{ nodes {{ subtotalAmountSet {MONEY} taxAmountSet {MONEY} }} {PAGE} }}
    }}
  }}
}}"""

MORE_REFUND_LINES = f"""query MoreRefundLines($id: ID!, $after: String!) {{
  refund(id: $id) {{ id refundLineItems(first: 50, after: $after) {{ nodes {{ {REFUND_LINE} }} {PAGE} }} }}
}}"""

PRODUCTS = f"""query Products($first: Int!, $after: String) {{
  products(first: $first, after: $after, sortKey: ID) {{
    nodes {{ id title status vendor productType createdAt variants(first: 10) {{ nodes {{ id }} {PAGE} }} }}
    {PAGE}
  }}
}}"""

MORE_VARIANTS = f"""query MoreVariants($id: ID!, $after: String!) {{
  product(id: $id) {{ id variants(first: 100, after: $after) {{ nodes {{ id }} {PAGE} }} }}
}}"""

SHOP = "query Shop { shop { name myshopifyDomain ianaTimezone currencyCode } }"

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
