-- One row a buyer of a platform: the shop's day of the first sale on that platform. Kept exact in each merge; it
-- lives with the orders of that buyer and goes with them. Only in the person lane.
CREATE TABLE rollup_buyers(platform platform_name, customer_key VARCHAR, first_date DATE);
INSERT INTO rollup_buyers
SELECT platform, customer_key, min(sale_date)
FROM orders
WHERE order_type IN ('normal', 'presale') AND excluded_reason IS NULL AND sale_at IS NOT NULL
  AND customer_key IS NOT NULL
GROUP BY platform, customer_key;
