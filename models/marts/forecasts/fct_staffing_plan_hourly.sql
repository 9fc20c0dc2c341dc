{# Weeks whose hours say how a day's visits are spread. #}
{% set weeks = 8 %}

with forecasts as (
    select
        *,
        {{ iso_weekday('target_date') }} as iso_weekday
    from {{ ref('int_forecasts__newest_visits_forecasts') }}
),

hours as (
    select * from {{ ref('fct_store_visits_hourly') }}
    where visit_date > (select {{ add_days('min(issued_on)', -7 * weeks) }} from forecasts)
),

rules as (
    select * from {{ ref('staffing_rules') }}
),

stores as (
    select distinct store_id from forecasts
),

rules_of_stores as (
    select
        stores.store_id,
        coalesce(own.visitors_per_person, others.visitors_per_person) as visitors_per_person,
        coalesce(own.least_people, others.least_people) as least_people
    from stores
    left join rules as own on stores.store_id = own.store_id
    left join rules as others on others.store_id is null
),

issued as (
    select
        store_id,
        max(issued_on) as issued_on
    from forecasts
    group by store_id
),

hours_of_weekday as (
    select
        hours.store_id,
        {{ iso_weekday('hours.visit_date') }} as iso_weekday,
        hours.local_hour,
        sum(hours.visits_estimated) as visits
    from hours
    inner join issued
        on
            hours.store_id = issued.store_id
            and hours.visit_date <= issued.issued_on
            and hours.visit_date > {{ add_days('issued.issued_on', -7 * weeks) }}
    where hours.is_open
    group by hours.store_id, {{ iso_weekday('hours.visit_date') }}, hours.local_hour
),

shares as (
    select
        *,
        -- decimals are added, in whatever order, to the same sum
        cast(visits as double) / nullif(cast(sum(visits) over (partition by store_id, iso_weekday) as double), 0) as share
    from hours_of_weekday
),

final as (
    select
        forecasts.store_id,
        forecasts.target_date as visit_date,
        shares.local_hour,
        forecasts.visits * coalesce(shares.share, 0) as visits_forecast,
        cast(
            greatest(ceil(forecasts.visits * coalesce(shares.share, 0) / rules_of_stores.visitors_per_person), rules_of_stores.least_people) as bigint
        ) as staff_needed,
        forecasts.issued_on
    from forecasts
    inner join shares on forecasts.store_id = shares.store_id and forecasts.iso_weekday = shares.iso_weekday
    inner join rules_of_stores on forecasts.store_id = rules_of_stores.store_id
    where forecasts.is_open and forecasts.visits is not null and rules_of_stores.visitors_per_person is not null
)

select * from final
