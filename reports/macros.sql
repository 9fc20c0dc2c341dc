-- What the SQL of the pages has beside DuckDB's own functions, here and in the browser's database.

-- An id as the last part of an address and the name of a file, different from every other id's where case is ignored:
-- the id itself where it is short and plain, else a readable beginning and a hash. No plain id ends as those do.
create macro url_key(id) as case
    when
        regexp_full_match(id, '[a-z0-9][a-z0-9_-]{0,63}')
        and not regexp_matches(id, '-[0-9a-f]{12}$')
        -- the folder's own page, and devices, whose names no file has on Windows
        and not regexp_full_match(id, 'index|con|prn|aux|nul|com[0-9]|lpt[0-9]')
        then id
    else
        coalesce(nullif(trim(left(regexp_replace(lower(id), '[^a-z0-9]+', '-', 'g'), 40), '-'), ''), 'id')
        || '-' || left(sha256(id), 12)
end;

create macro store_link(id) as '/store/?store=' || url_key(id);
create macro sensor_link(id) as '/sensor/?sensor=' || url_key(id);
create macro station_link(id) as '/station/?station=' || url_key(id);

-- A timestamp that holds UTC, as a reader has it.
create macro utc(moment) as strftime(moment, '%Y-%m-%d %H:%M UTC');

-- A message that may name a folder of this machine: the file's name alone stays.
create macro without_paths(message) as regexp_replace(message, '(^|[^A-Za-z0-9_./:])/([^ /:]+/)+', '\1', 'g');

-- What pages compare a day with, but for the usual: an entity's figure of the day so many days before, null where it had none. (The order is
-- a number: in an order by date DuckDB cannot list the tables that a query reads.)
create macro days_before(figure, entity, date, days) as
max(figure) over (
    partition by entity
    order by date_diff('day', date '2000-01-01', date)
    range between days preceding and days preceding
);

-- The usual of what no mart has it of: the mean of the same weekday of the four weeks before, of those that are known.
create macro usual_of(figure, entity, date) as list_avg([
    days_before(figure, entity, date, 7), days_before(figure, entity, date, 14),
    days_before(figure, entity, date, 21), days_before(figure, entity, date, 28)
]);

-- The days of a span that are over (is_wanted), and the days that they are compared with, each with its weight: a day is compared with the mean of
-- its earlier days, so many days before it (a list, `before`), of those that are over (a list, `known`). is_compared: whether a wanted day has such.
create macro compared_days(known, begin, until, before) as table
    with known_days as (
        select distinct unnest(known) as day
    ),

    wanted as (
        select day from known_days
        where day between begin and until
    ),

    pairs as (
        select
            wanted.day,
            known_days.day as earlier,
            1 / count(*) over (partition by wanted.day) as weight
        from wanted
        inner join known_days on list_contains(before, date_diff('day', known_days.day, wanted.day))
    ),

    earlier_days as (
        select
            earlier as day,
            sum(weight) as weight
        from pairs
        group by earlier
    )

    select
        coalesce(wanted.day, earlier_days.day) as day,
        wanted.day is not null as is_wanted,
        coalesce(wanted.day in (select day from pairs), false) as is_compared,
        earlier_days.weight
    from wanted
    full outer join earlier_days on wanted.day = earlier_days.day;

-- Of rows beside their compared_days: a figure's sum over the days of the span, its share of all that is grouped under `what`, in percent, and its
-- change vs the days that it is compared with, in percent.
create macro sum_of_days(figure, is_wanted) as coalesce(sum(figure) filter (where is_wanted), 0)::double;
create macro share_of_days(figure, is_wanted, what) as
100 * sum_of_days(figure, is_wanted) / nullif(sum(sum_of_days(figure, is_wanted)) over (partition by what), 0);
create macro change_of_days(figure, is_compared, weight) as case
    when sum(figure * weight) > 0 then 100 * (sum_of_days(figure, is_compared) - sum(figure * weight)) / sum(figure * weight)
end;
