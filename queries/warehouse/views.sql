-- The canonical views: every hard ruling about what counts is here once. They read the stored sale day.
-- A line that ends with "person" is left out of the business file.
-- Amounts are widened before they are multiplied: DECIMAL(18,4) * DECIMAL(18,8) stays 18 digits wide and
-- would overflow for an order of a million in the base currency.
CREATE OR REPLACE VIEW v_orders AS
WITH base AS (
  SELECT
    o.platform, o.shop_id, o.order_id,
    o.customer_key,  -- person
    o.status, o.order_type, o.payment_type, o.created_at, o.paid_at, o.balance_paid_at, o.shipped_at,
    o.delivered_at, o.cancelled_at, o.currency, o.fx_to_base, o.list_amount, o.seller_discount,
    o.platform_discount, o.shipping_amount, o.tax_amount, o.tax_included, o.deposit_amount, o.deposit_paid_at,
    o.channel, o.live_session_id,
    o.region,  -- person
    o.excluded_reason,
    s.tz,
    o.list_amount - o.seller_discount AS goods_amount,
    CASE WHEN o.tax_included THEN 0 ELSE o.tax_amount END AS tax_added,
    o.sale_at,
    o.created_date,
    o.sale_date
  FROM orders o
  JOIN shops s USING (platform, shop_id))
SELECT *,
  CAST(goods_amount AS DECIMAL(24,4)) * fx_to_base AS goods_base,
  CAST(goods_amount - platform_discount + shipping_amount + tax_added AS DECIMAL(24,4)) * fx_to_base
    AS buyer_paid_base,
  order_type IN ('normal', 'presale') AND excluded_reason IS NULL AS is_countable,
  order_type IN ('normal', 'presale') AND excluded_reason IS NULL AND sale_at IS NOT NULL AS is_sale
FROM base;

CREATE OR REPLACE VIEW v_refunds AS
SELECT
  r.platform, r.shop_id, r.refund_id, r.order_id, r.line_id, r.refund_type, r.status, r.requested_at,
  r.refunded_at, r.quantity, r.goods_amount, r.shipping_amount, r.tax_amount, r.restocked, r.reason_code,
  o.customer_key,  -- person
  o.region,  -- person
  o.channel,
  o.sale_date,
  o.is_sale,
  o.fx_to_base,
  r.refund_date,
  CAST(r.goods_amount AS DECIMAL(24,4)) * o.fx_to_base AS goods_base
FROM refunds r
JOIN v_orders o USING (platform, shop_id, order_id)
WHERE r.status = 'success'
  AND r.refund_type <> 'exchange'
  AND o.is_sale;

CREATE OR REPLACE VIEW v_sales_lines AS
SELECT
  o.platform, o.shop_id, o.order_id, o.sale_date,
  o.customer_key,  -- person
  o.channel,
  o.region,  -- person
  l.line_id, l.product_id, l.sku_id, l.quantity, l.is_gift,
  CAST(l.list_amount - l.seller_discount AS DECIMAL(24,4)) * o.fx_to_base AS goods_base,
  CAST(l.unit_cost * l.quantity AS DECIMAL(24,4)) * o.fx_to_base AS cost_base
FROM v_orders o
JOIN order_lines l USING (platform, shop_id, order_id)
WHERE o.is_sale;
