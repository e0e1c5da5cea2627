-- Rollups are kept by difference: how many rows stand behind an amount tells when it is NULL (none has a rate, none
-- has a cost). `Warehouse.prepare` counts them all anew when it finds the note `recount`.
ALTER TABLE rollup_sales_daily ADD COLUMN refunded_without_rate BIGINT;
ALTER TABLE rollup_placed_daily ADD COLUMN orders_without_rate BIGINT;
ALTER TABLE rollup_refunds_daily ADD COLUMN refunds_without_rate BIGINT;
ALTER TABLE rollup_products_daily ADD COLUMN lines_without_rate BIGINT;
ALTER TABLE rollup_products_daily ADD COLUMN lines_with_cost BIGINT;
DELETE FROM internal.meta WHERE key = 'recount';
INSERT INTO internal.meta VALUES ('recount', 'rollups');
