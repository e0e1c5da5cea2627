-- Daily rollups, kept exact in the transaction of each merge. All amounts are in the base currency.
-- `channel` is the order's; days are shop-local.
CREATE TABLE rollup_sales_daily(platform platform_name, shop_id VARCHAR, sale_date DATE, channel VARCHAR,
  orders BIGINT,                          -- sale orders
  gmv_base DECIMAL(38,12),                -- sum of v_orders.goods_base
  buyer_paid_base DECIMAL(38,12),         -- sum of v_orders.buyer_paid_base
  list_base DECIMAL(38,12),               -- list value
  seller_discount_base DECIMAL(38,12),
  platform_discount_base DECIMAL(38,12),
  units BIGINT,                           -- line quantity without gifts
  refunded_orders BIGINT,                 -- of these orders, with any successful refund so far
  cancelled_orders BIGINT,                -- of these orders, with a successful cancel_before_ship refund
  refunds_base DECIMAL(38,12),            -- goods refunded so far of these orders (cohort basis)
  orders_without_rate BIGINT);            -- sale orders whose currency has no rate: not in the amounts

CREATE TABLE rollup_placed_daily(platform platform_name, shop_id VARCHAR, created_date DATE, channel VARCHAR,
  orders BIGINT,                          -- countable orders created
  sale_orders BIGINT,                     -- of these, became sales
  gmv_placed_base DECIMAL(38,12));

CREATE TABLE rollup_refunds_daily(platform platform_name, shop_id VARCHAR, refund_date DATE, channel VARCHAR,
  refund_type VARCHAR,
  refunds BIGINT,                         -- rows of v_refunds
  goods_base DECIMAL(38,12),              -- refund_amount
  paid_out_base DECIMAL(38,12));          -- with shipping and tax

CREATE TABLE rollup_products_daily(platform platform_name, shop_id VARCHAR, sale_date DATE, channel VARCHAR,
  product_id VARCHAR, sku_id VARCHAR,
  lines BIGINT,                           -- sale lines; orders do not add up over SKUs, so they are not here
  units BIGINT,                           -- without gifts
  gmv_base DECIMAL(38,12),
  cost_base DECIMAL(38,12),               -- of the lines that have a unit cost
  gmv_with_cost_base DECIMAL(38,12));     -- gmv of these lines
