-- A build without a feature row takes no other's place.
select 'There is no feature row: no customer has a purchase before a feature time (configs/features.yaml).' as says
where not exists (select 1 from {{ ref('customer_features') }})
