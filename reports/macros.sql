-- What the SQL of the pages has beside DuckDB's own functions.

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
