-- The business tables of the contract. No key and no index: both make bulk merges many times slower,
-- and the merge itself keeps one row per key.
CREATE TYPE platform_name AS ENUM ('amazon', 'douyin', 'ebay', 'etsy', 'file', 'jd', 'kuaishou', 'lazada',
  'mercado_libre', 'pinduoduo', 'shopee', 'shopify', 'taobao', 'tiktok_shop', 'walmart', 'weibo',
  'woocommerce', 'xiaohongshu');

CREATE TABLE platforms(platform platform_name, name_en VARCHAR, name_zh VARCHAR, kind VARCHAR,
  home_currency VARCHAR, tz VARCHAR);

CREATE TABLE shops(platform platform_name, shop_id VARCHAR, name VARCHAR, tz VARCHAR, currency VARCHAR,
  cod_anchor VARCHAR, history_from DATE, data_through DATE);

-- sale_at, sale_date, created_date and year_month (of the sale date) are computed once, when a row is written.
CREATE TABLE orders(platform platform_name, shop_id VARCHAR, order_id VARCHAR, customer_key VARCHAR,
  status VARCHAR, order_type VARCHAR, payment_type VARCHAR, created_at TIMESTAMP, paid_at TIMESTAMP,
  balance_paid_at TIMESTAMP, shipped_at TIMESTAMP, delivered_at TIMESTAMP, cancelled_at TIMESTAMP,
  currency VARCHAR, fx_to_base DECIMAL(18,8), list_amount DECIMAL(18,4), seller_discount DECIMAL(18,4),
  platform_discount DECIMAL(18,4), shipping_amount DECIMAL(18,4), tax_amount DECIMAL(18,4),
  tax_included BOOLEAN, deposit_amount DECIMAL(18,4), deposit_paid_at TIMESTAMP, channel VARCHAR,
  live_session_id VARCHAR, region VARCHAR, excluded_reason VARCHAR,
  native_status VARCHAR, discount_split VARCHAR, modified_at TIMESTAMP, presentment_currency VARCHAR,
  presentment_total DECIMAL(18,4), sale_at TIMESTAMP, sale_date DATE, created_date DATE, year_month INTEGER,
  split_from VARCHAR);

-- native_unit_cost is what the platform says; unit_cost falls back on the cost list.
CREATE TABLE order_lines(platform platform_name, shop_id VARCHAR, order_id VARCHAR, line_id VARCHAR,
  product_id VARCHAR, sku_id VARCHAR, quantity INTEGER, list_amount DECIMAL(18,4),
  seller_discount DECIMAL(18,4), platform_discount DECIMAL(18,4), unit_cost DECIMAL(18,4), is_gift BOOLEAN,
  native_unit_cost DECIMAL(18,4));

CREATE TABLE refunds(platform platform_name, shop_id VARCHAR, refund_id VARCHAR, order_id VARCHAR,
  line_id VARCHAR, refund_type VARCHAR, status VARCHAR, requested_at TIMESTAMP, refunded_at TIMESTAMP,
  quantity INTEGER, goods_amount DECIMAL(18,4), shipping_amount DECIMAL(18,4), tax_amount DECIMAL(18,4),
  restocked BOOLEAN, reason_code VARCHAR, native_status VARCHAR, modified_at TIMESTAMP, refund_date DATE);

CREATE TABLE products(platform platform_name, shop_id VARCHAR, product_id VARCHAR, sku_id VARCHAR,
  title VARCHAR, category VARCHAR, brand VARCHAR, listed_at TIMESTAMP, status VARCHAR);

CREATE TABLE ad_daily(platform platform_name, shop_id VARCHAR, date DATE, campaign_id VARCHAR, channel VARCHAR,
  spend DECIMAL(18,4), impressions BIGINT, clicks BIGINT, attributed_orders BIGINT,
  attributed_sales DECIMAL(18,4), attribution_window VARCHAR, currency VARCHAR, fx_to_base DECIMAL(18,8));

CREATE TABLE campaigns(platform platform_name, shop_id VARCHAR, campaign_id VARCHAR, name VARCHAR,
  channel VARCHAR, status VARCHAR, starts_on DATE, ends_on DATE);

CREATE TABLE traffic_daily(platform platform_name, shop_id VARCHAR, date DATE, channel VARCHAR,
  product_id VARCHAR, visitors BIGINT, sessions BIGINT, page_views BIGINT, impressions BIGINT, clicks BIGINT,
  add_to_cart_visitors BIGINT, paying_buyers BIGINT);

CREATE TABLE live_sessions(platform platform_name, shop_id VARCHAR, session_id VARCHAR, host_type VARCHAR,
  started_at TIMESTAMP, ended_at TIMESTAMP, viewers_uv BIGINT, views_pv BIGINT, peak_online BIGINT,
  product_click_uv BIGINT, paying_buyers BIGINT, gmv_in_session DECIMAL(18,4), new_followers BIGINT,
  ad_spend DECIMAL(18,4), currency VARCHAR, fx_to_base DECIMAL(18,8));

CREATE TABLE fees(platform platform_name, shop_id VARCHAR, order_id VARCHAR, fee_type VARCHAR,
  amount DECIMAL(18,4), charged_at TIMESTAMP, currency VARCHAR, fx_to_base DECIMAL(18,8));

CREATE TABLE reviews(platform platform_name, shop_id VARCHAR, review_id VARCHAR, product_id VARCHAR,
  rating DECIMAL(4,2), rating_scale INTEGER, created_at TIMESTAMP, has_reply BOOLEAN);

CREATE TABLE inventory_daily(platform platform_name, shop_id VARCHAR, sku_id VARCHAR, date DATE,
  on_hand INTEGER, received INTEGER);

CREATE TABLE settlements(platform platform_name, shop_id VARCHAR, settlement_id VARCHAR, date DATE,
  amount DECIMAL(18,4), currency VARCHAR, fx_to_base DECIMAL(18,8));

CREATE TABLE market_benchmark(series VARCHAR, period VARCHAR, value DECIMAL(24,4), unit VARCHAR,
  yoy_pct DECIMAL(9,4), publisher VARCHAR, cited_via VARCHAR, retrieved_on DATE, note VARCHAR);

CREATE TABLE social_daily(platform platform_name, shop_id VARCHAR, account VARCHAR, date DATE,
  followers BIGINT, posts BIGINT, impressions BIGINT, likes BIGINT, comments BIGINT, shares BIGINT);

CREATE TABLE platform_native_daily(platform platform_name, shop_id VARCHAR, date DATE, metric VARCHAR,
  value DECIMAL(24,6), currency VARCHAR);

CREATE TABLE customers(platform platform_name, shop_id VARCHAR, customer_key VARCHAR, first_sale_at TIMESTAMP,
  last_sale_at TIMESTAMP, region VARCHAR, created_at TIMESTAMP);

-- kind: day (the festival itself), period (the sale around it), presale (deposits taken, balances later).
CREATE TABLE promo_calendar(promo VARCHAR, name_en VARCHAR, name_zh VARCHAR, platform platform_name,
  starts_on DATE, ends_on DATE, kind VARCHAR);

CREATE TABLE fx_rates(date DATE, currency VARCHAR, base VARCHAR, rate DECIMAL(18,8), source VARCHAR);

CREATE TABLE unit_costs(platform platform_name, shop_id VARCHAR, sku_id VARCHAR, valid_from DATE,
  unit_cost DECIMAL(18,4), currency VARCHAR);

CREATE TABLE segment_definitions(segment_set VARCHAR, segment VARCHAR, version INTEGER, rule VARCHAR,
  priority INTEGER, name_en VARCHAR, name_zh VARCHAR, valid_from DATE);

CREATE TABLE customer_segments(snapshot_date DATE, platform platform_name, customer_key VARCHAR,
  segment_set VARCHAR, segment VARCHAR, version INTEGER);

CREATE TABLE product_checks(platform platform_name, shop_id VARCHAR, product_id VARCHAR, rule VARCHAR,
  hit_at TIMESTAMP, detail VARCHAR, decision VARCHAR, decided_by VARCHAR, decided_at TIMESTAMP);

CREATE TABLE connections(connection VARCHAR, platform platform_name, shop_id VARCHAR, status VARCHAR,
  streams VARCHAR[], created_at TIMESTAMP, last_success_at TIMESTAMP);

CREATE TABLE sync_runs(run_id VARCHAR, connection VARCHAR, stream VARCHAR, started_at TIMESTAMP,
  ended_at TIMESTAMP, status VARCHAR, window_start TIMESTAMP, window_end TIMESTAMP, rows_read BIGINT,
  rows_written BIGINT, requests BIGINT, retries BIGINT, error VARCHAR);

CREATE TABLE data_quality(checked_at TIMESTAMP, connection VARCHAR, check_name VARCHAR, status VARCHAR,
  expected VARCHAR, found VARCHAR, detail VARCHAR);

-- Ours alone: where each stream goes on, and facts about this file.
CREATE TABLE internal.sync_state(connection VARCHAR, stream VARCHAR, checkpoint VARCHAR, updated_at TIMESTAMP);
