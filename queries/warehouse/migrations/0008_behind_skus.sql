-- behind.what also: sku (named in `order_id`, of one day). Notes made without it do not tell all that is behind.
UPDATE internal.meta SET value = 'all' WHERE key = 'behind_since';
