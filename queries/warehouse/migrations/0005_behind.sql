-- What the business file does not have yet: filled in the transaction of each merge, emptied when it is carried.
-- what: order (of which lines moved too or not), day (of the rollups), table (named in `order_id`, as a whole).
CREATE TABLE internal.behind(what VARCHAR, platform platform_name, shop_id VARCHAR, order_id VARCHAR, day DATE,
  lines BOOLEAN);
