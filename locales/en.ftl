# What people read in pages and mails. One phrase is one whole sentence or one label; a value that is filled in has a $ before its name.
# Another language is a file like this one: docs/languages.md.

## Pages, in the order of the menu, and what stands round each of them

pages-overview = Overview
pages-stores = Stores
pages-sensors = Sensors
pages-visits = Explorer
pages-forecast = Forecast
pages-sales = Sales
pages-performance = Store performance
pages-orders = Orders
pages-air = Air
pages-health = Sensor health
pages-pipeline = Pipeline
pages-store = Store
pages-sensor = Sensor
pages-station = Station
frame-to_content = To the content
frame-open_menu = Open the menu
frame-close_menu = Close the menu
frame-pages = Pages
theme-system = Colours: as the machine has it
theme-light = Colours: light
theme-dark = Colours: dark
theme-system_change = Colours: as the machine has it. Change
theme-light_change = Colours: light. Change
theme-dark_change = Colours: dark. Change
publication-published = Published { $moment }. Times are those of { $timezone }.
publication-older = These are older figures, of { $moment }.
publication-nothing = Nothing has been published yet.
publication-stale = Since { $moment } no newer ones could be published: { $reason }.
publication-empty = There is no data yet.
publication-empty_run = fetches, builds and publishes it; then this page shows it.
error-no_page = No such page
error-failed_page = This page could not be shown
error-nothing_here = There is nothing at this address.
error-gone = A store or sensor that is gone from the data has no page either.
error-failed = Something failed
error-reload = { $message }. Reload the page.
error-to_overview = To the overview
no_such-store = No such store
no_such-sensor = No such sensor
no_such-station = No such station
no_such-store_named = There is no store “{ $name }” in the data, or no longer.
no_such-sensor_named = There is no sensor “{ $name }” in the data, or no longer.
no_such-station_named = There is no station “{ $name }” in the data, or no longer.
no_such-which_store = The address does not say which store.
no_such-which_sensor = The address does not say which sensor.
no_such-which_station = The address does not say which station.
no_such-choose = Choose one from the list.
loading = Loading …
could_not_load = The data could not be loaded: { $error }. Reload the page.

## Figures, days and moments

percent = { $value } %
age-hours = { $hours } h
age-days = { $days } days
gigabytes = { $size } GB
megabytes = { $size } MB
some_of_all = { $some } of { $all }
day-long = { DATETIME($day, weekday: "short", day: "numeric", month: "short", year: "numeric") }
day-short = { DATETIME($day, weekday: "short", day: "numeric", month: "short") }
day-plain = { DATETIME($day, day: "numeric", month: "short", year: "numeric") }
day-of_month = { DATETIME($day, weekday: "short", day: "numeric") }
day-and_month = { DATETIME($day, day: "numeric", month: "short") }
day-month = { DATETIME($day, month: "long", year: "numeric") }
moment = { $day }, { $time }
moment-utc = { $moment } UTC
unknown_time = an unknown time
table-day = { $year }-{ $month }-{ $day }
table-moment = { $day } { $time }
list-separator = { "; " }

## Words that many pages share

visits = Visits
revenue = Revenue
sales = Sales
orders = Orders
basket = Basket
returned = Returned
refunded = Refunded
refunded-note = taken off the revenue
revenue_per_order = Revenue per order
conversion = Conversion, %
sales_per_visits = Sales per { $visits } visits
units = { $units } units
sales_and_units = { $sales } sales, { $units } units
sales_and_visits = { $sales } sales, { $visits } visits
orders_and_units = { $orders } orders, { $units } units
no_data = no data
no_data_yet = No data yet.
no_week_yet = No complete week yet.
nothing_yet = nothing yet
none = None.
nothing_usual_yet = nothing usual yet
usually_none = usually none
closed = closed
closed-why = closed: { $reason }
so_far = so far
counted = counted
estimated = estimated
partly_estimated = partly estimated
expected = expected
anomaly = anomaly
critical = Critical
warning = Warning
by_day = By day
by_hour = By hour
by_store = By store
above_limit_of = above the limit of { $limit }
within_limit_of = within the limit of { $limit }

## Comparisons and ranges of days

compare-with = compared with
compare-usual-title = usual
compare-usual-option = usual
compare-usual-heading = vs usual
compare-usual-vs = { $change } vs usual
compare-week-title = the week before
compare-week-option = the week before
compare-week-heading = vs the week before
compare-week-vs = { $change } vs the week before
compare-4-weeks-title = 4 weeks before
compare-4-weeks-option = 4 weeks before
compare-4-weeks-heading = vs 4 weeks before
compare-4-weeks-vs = { $change } vs 4 weeks before
compare-year-title = a year before (364 days)
compare-year-option = a year before (364 days)
compare-year-heading = vs a year before
compare-year-vs = { $change } vs a year before
compare-of_days = { $change }, of { $days } of { $all } days
range-days = Days
range-days_of_hours = Days of the hours
range-from = from
range-to = to
range-1_day = 1 day
range-2_days = 2 days
range-7_days = 7 days
range-4_weeks = 4 weeks
range-8_weeks = 8 weeks
range-all = All days
range-printed = { $begin } to { $end }
range-printed_compared = { $begin } to { $end }, compared with { $what }
to_date = To date
to_date-day = The day
to_date-week = Week to date
to_date-month = Month to date
to_date-year = Year to date
to_date-since = since { $day }
to_date-vs_weeks = vs weeks before
to_date-vs_year = vs 52 weeks before
to_date-known_days = { $known } of { $days } days have data
to_date-incomplete = incomplete
to_date-incomplete_day = incomplete a week before
to_date-incomplete_week = incomplete a week before
to_date-incomplete_month = incomplete 4 weeks before
to_date-incomplete_year = incomplete 52 weeks before
to_date-before_day = { $visits } a week before
to_date-before_week = { $visits } a week before
to_date-before_month = { $visits } 4 weeks before
to_date-before_year = { $visits } 52 weeks before
to_date-note = Compared with the same weekdays: one week before, or 4 weeks before for the month.
to_date-note_year = A year is 52 weeks.
to_date-note_no_year = There is no comparison with last year yet: the data does not reach 52 weeks back.

## Figures of some days

figure-visits_of_days = Visits of these days
figure-counted = Counted of them
figure-of_them_counted = { $visits } of them counted
figure-usual = usual { $visits }
figure-door_hours = { $hours } of { $all } door hours
figure-open_hours = { $hours } of { $all } open hours
figure-returned_units = { $returned } of { $all } units

## Charts: what they are called, their keys and tooltips

chart-no_figures = No figures.
chart-span = { $count } figures, from { $first } to { $last }.
chart-highest = The highest: { $value }, { $when }.
chart-lowest = The lowest: { $value }, { $when }.
chart-newest = The newest: { $value }, { $when }.
chart-events = Events: { $events }.
chart-visits_by_day = Visits by day
chart-visits_by_hour = Visits by hour
chart-visits_by_weekday = Visits by weekday and hour
chart-revenue_by_day = Revenue by day
chart-revenue_by_hour = Revenue by hour
chart-by_day = { $name } by day
key-counted = counted
key-estimated = estimated
key-expected = expected
key-closed = closed
key-no_data = no data
key-anomaly = anomaly
key-revenue = revenue
key-counted_so_far = counted so far: incomplete day
key-closed_day = closed day
key-so_far_day = so far: a day that is not over
key-so_far_order = so far: the hour of the newest order
key-mostly_estimated = mostly estimated: under 80 % of the open hours counted
key-event = event
tip-hour = { $day }, { $hour }
tip-hour_closed = { $day }, { $hour } (closed)
tip-day_so_far = { $day } so far
tip-figure = { $name } { $value }
tip-counted = counted { $visits }
tip-counted_so_far = counted { $visits } so far
tip-not_counted = not counted
tip-estimated = estimated { $visits }
tip-estimated_on_top = estimated on top { $visits }
tip-expected = expected { $visits }
tip-anomaly = anomaly: no ordinary hour gives this count
tip-coverage = coverage { $share }
tip-compared = { $what }: { $value }
tip-compared_change = { $what }: { $value } ({ $change })
tip-revenue = revenue { $amount }
tip-revenue_so_far = revenue { $amount } so far
tip-no_sales = no sales
tip-refunds = after refunds of { $amount }
tip-returns = after returns of { $amount }, { $units } units
tip-event = event: { $event }
bars-visits_vs_usual = Visits vs usual
bars-estimated = estimated for hours not counted
bars-some_missing = some hours are missing, and nothing says what they would have been
shares-by_product = Revenue by product
shares-by_region = Revenue by region
shares-by_store = Revenue by store
shares-by_country = Revenue by country
shares-nothing = Nothing was sold on days that are over.
shares-returned = { $amount } returned
shares-new = new

## Tables and their files

search = Search
search-of = Search { $what }
search-nothing = Nothing is called “{ $words }”.
show_more = Show more ({ $count })
download = Download CSV
download-of = Download CSV of { $file }
file-to = to
file-overview = overview
file-visits = visits
file-stores = stores
file-store = store
file-sensors = sensors
file-sensor = sensor
file-stations = stations
file-stations-by-day = stations-by-day
file-station = station
file-air = air
file-performance = performance
file-orders = orders
file-health = health
file-pipeline = pipeline
file-days = days
file-hours = hours
file-latest-days = latest-days
file-latest-day-of-each-store = latest-day-of-each-store
file-all-stores-by-day = all-stores-by-day
file-to-date = to-date
file-sales = sales
file-doors = doors
file-revenue-by-day = revenue-by-day
file-revenue-by-product = revenue-by-product
file-revenue-by-region = revenue-by-region
file-revenue-by-store = revenue-by-store
file-revenue-by-country = revenue-by-country
file-orders-by-day = orders-by-day
file-statuses = statuses
file-rejected = rejected
file-rejected-records = rejected-records
file-forecast-accuracy = forecast-accuracy
file-restatements = restatements
file-totals = totals
file-alerts = alerts
file-sources = sources
file-failed-tests = failed-tests
file-tests = tests
file-runs = runs
file-air-values = air-values
file-row-counts = row-counts
file-past-alerts = past-alerts
file-forecast = forecast
file-forecast-by-store = forecast-by-store
file-staffing = people-needed
file-goals = goals
file-league = league-of-stores
table-stations = stations
table-hours_and_days = hours and days
table-rejected_lines = rejected lines
table-stores = stores
table-sensors = sensors
table-pm2_5_of_the_stations = PM2.5 of the stations
table-co_of_the_stations = CO of the stations
table-days_of_the_stations = days of the stations
table-forecasts = forecasts
table-restated_hours = restated hours
table-sensor_alerts = sensor alerts
table-orders_by_status = orders by status
table-sources = sources
table-failed_tests = failed tests
table-tests = tests
table-runs = runs
table-rejected_records_by_reason = rejected records by reason
table-rejected_records = rejected records
table-air_values_that_cannot_be = air values that cannot be
table-tables = tables
table-closed_alerts = closed alerts
table-goals = goals
table-league = the league of stores
table-visits_forecasts = forecasts of visits
column-period = Period
column-name = Name
column-note = Note
column-days = Days
column-days_with_data = Days with data
column-currency = Currency
column-returned = Returned
column-units = Units
column-units_returned = Units returned
column-usual = Usual
column-compare-usual = Usual
column-compare-week = The week before
column-compare-4-weeks = 4 weeks before
column-compare-year = A year before (364 days)
column-sales-compare-usual = Sales, usual
column-sales-compare-week = Sales, the week before
column-sales-compare-4-weeks = Sales, 4 weeks before
column-sales-compare-year = Sales, a year before (364 days)
column-revenue-compare-usual = Revenue, usual
column-revenue-compare-week = Revenue, the week before
column-revenue-compare-4-weeks = Revenue, 4 weeks before
column-revenue-compare-year = Revenue, a year before (364 days)
column-weeks_before = Weeks before
column-before = Before
column-vs_before = vs before
column-52_weeks_before = 52 weeks before
column-vs_52_weeks_before = vs 52 weeks before
column-station = Station
column-day = Day
column-pm2_5_g_m = PM2.5, µg/m³
column-who_s_limit = WHO's limit
column-limit = Limit
column-hour = Hour
column-counted = Counted
column-estimated = Estimated
column-expected = Expected
column-forecast = Forecast
column-forecast_lower = Interval, from
column-forecast_upper = Interval, to
column-visits_forecast = Visits forecast
column-people = People
column-person_hours = Person-hours, 14 days
column-month = Month
column-goal = Goal
column-achieved = So far
column-of_the_goal = Of the goal
column-on_track_for = On track for
column-on_track_pct = On track, of the goal
column-place = Place
column-growth = Growth
column-days_compared = Days compared
column-next_7_days = Next 7 days
column-next_14_days = Next 14 days
column-vs_four_weeks = vs the last 4 weeks
column-fullest_day = Fullest day
column-error = Error
column-error_four = Error of the mean of 4 weeks
column-in_the_80_interval = In the 80 % interval
column-coverage = Coverage
column-state = State
column-file = File
column-record = Record
column-line_and_reason = Line and reason
column-first_seen = First seen
column-store = Store
column-8_weeks = 8 weeks
column-visits = Visits
column-revenue = Revenue
column-doors = Doors
column-silent_doors = Silent doors
column-data_until = Data until
column-sales = Sales
column-sensor = Sensor
column-door = Door
column-vs_usual = vs usual
column-last_reading = Last reading
column-newest = Newest
column-in_1_h = In 1 h
column-in_2_h = In 2 h
column-day_s_mean = Day's mean
column-missing_30_days = Missing, 30 days
column-age_h = Age, h
column-pollutant = Pollutant
column-horizon = Horizon
column-model = Model
column-mae = MAE
column-last_value_mae = Last value MAE
column-yesterday_mae = Yesterday MAE
column-vs_last_value = vs last value
column-vs_yesterday = vs yesterday
column-in_the_90_interval = In the 90 % interval
column-hours = Hours
column-restated_at = Restated at
column-value = Value
column-from = From
column-to = To
column-mean_change = Mean change
column-sensors = Sensors
column-replaced = Replaced
column-observed = Observed
column-imputed = Imputed
column-failed_hours = Failed hours
column-outages = Outages
column-anomalies = Anomalies
column-late = Late
column-status = Status
column-reason = Reason
column-since = Since
column-counted_7_days = Counted, 7 days
column-4_weeks = 4 weeks
column-missing_hours = Missing hours
column-failed = Failed
column-stuck = Stuck
column-impossible = Impossible
column-message = Message
column-opened = Opened
column-closed = Closed
column-orders = Orders
column-share = Share
column-billed = Billed
column-revenue_by_day = Revenue by day
column-visits_change = Visits, change
column-conversion_change = Conversion, change
column-revenue_change = Revenue, change
column-revenue_a_visit = Revenue a visit
column-basket = Basket
column-source = Source
column-loaded = Loaded
column-newest_data = Newest data
column-oldest_feed = Oldest feed
column-limit_h = Limit, h
column-feeds = Feeds
column-failed_test = Failed test
column-tested = Tested
column-rows = Rows
column-test = Test
column-outcome = Outcome
column-seconds = Seconds
column-run_at = Run
column-started = Started
column-run = Run
column-rows_new = New
column-rows_changed = Changed
column-rows_rejected = Rejected
column-entity = Entity
column-records = Records
column-newest_one = Newest
column-measured = Measured
column-rejected_values = Rejected
column-plausible = Plausible
column-least = Least
column-greatest = Greatest
column-days_in_another_unit = Days in another unit
column-unit_since = Unit since
column-table = Table
column-co_mg_m = CO, mg/m³
column-pm2_5_by_day = PM2.5 by day
column-pm2_5_change = PM2.5, change
column-pm2_5_above = PM2.5, days above the limit
column-pm2_5_days = PM2.5, valid days
column-co_change = CO, change
column-co_above = CO, days above the limit
column-co_days = CO, valid days

## Overview

overview-day_vs_usual = { $day }, { $change } vs usual
overview-closed_in = closed in { $closed } of { $stores } stores
overview-closed_in_why = closed in { $closed } of { $stores } stores: { $reason }
overview-best_and_worst = Best and worst stores
overview-latest = { $days }: each store's latest complete day vs usual, which is the mean of the same weekday of the four weeks before, closed days left out.
overview-all_stores = All stores
overview-no_day = No day is complete yet.
overview-all_until = All stores together, up to { $moment }.

## Explorer

explorer-by = By
explorer-of = Of
explorer-days = Days
explorer-hours = Hours
explorer-all = All
explorer-choose_stores = { $count } of { $all } stores: choose
explorer-choose_sensors = { $count } of { $all } sensors: choose
explorer-no_data = No data for these days.
explorer-choose_a_store = Choose at least one store.
explorer-choose_a_sensor = Choose at least one sensor.
explorer-days_of = { $count } days
explorer-hours_of = { $count } hours
explorer-count_stores = { $count } stores
explorer-count_sensors = { $count } sensors
explorer-said = { $rows } of { $what }, in store time.
explorer-too_many_stores = More than { $most } rows: the rest is left out. Choose fewer days or stores.
explorer-too_many_sensors = More than { $most } rows: the rest is left out. Choose fewer days or sensors.
explorer-scales = Each chart has a scale of its own.
explorer-first_charts = The first { $charts } have a chart; the table has all.
explorer-data = Data

## Stores and sensors

stores-about = Each store's latest complete day, with the eight weeks that end on it. Choose a store for its days, hours and doors.
stores-sold = Conversion and revenue are those of the last four weeks.
store-a_year_ago = Same weekday a year ago
store-open = open { $from } to { $to } ({ $timezone })
store-doors = { $doors } doors
store-latest = The latest complete day.
store-latest_closed = The latest complete day, { $closed }.
store-until = Up to { $day }, { $hour } store time.
store-nothing = It has delivered nothing yet.
store-sales = Sales and conversion
store-sales_note = The same days, as far as they are over and the sales of them are known.
store-no_sales = No sales are known of these days.
store-week = The week by hour
store-week_note = The mean of each hour over the last eight weeks, in store time, closed days left out.
store-doors_title = Doors
store-doors_note = { $day }, each door vs usual.
store-health = How they were counted
store-health_note = The last four weeks. Choose a sensor for its hours.
store-replaced = { $count } replaced:
store-replaced_until = until { $moment }
hours-about = The last of these days, in store time; this page has the hours of four weeks.
hours-more = More in the explorer
sensors-about = Every device that has counted at a door since the data begins, with its store's latest complete day. Choose one for its days and hours.
sensor-door = door { $door } · installed { $day }
sensor-replaced = Replaced: it counted until { $moment }.
sensor-replaced_name = { $name } (replaced)
sensor-no_readings = No readings yet.
sensor-silent = Silent for { $hours } open hours: last reading { $moment }.
sensor-in_service = In service: last reading { $moment }.
sensor-successor = Its successor is
sensor-predecessor = It replaced
sensor-until_replaced = Until it was replaced.

## Sales, orders, performance

sales-last_7_days = Last 7 days
sales-last_4_weeks = Last 4 weeks
sales-vs_7_days = { $change } vs the 7 days before
sales-vs_4_weeks = { $change } vs the 4 weeks before
sales-all = All sales
sales-returns = Returns
sales-returns_note = { $units } units brought back; taken off all figures of revenue and units
sales-revenue_per_sale = Revenue per sale
sales-average = average of all sales
sales-about = Revenue is what customers paid, tax included, net of returns, in { $currency }, { $first } to { $last }. A line that does not say what was paid counts at the price in force when it first came.
sales-others = Sales in other currencies are in none of these figures: { $amounts }.
sales-other =
    { $sales ->
        [one] { $amount } ({ $sales } sale)
       *[other] { $amount } ({ $sales } sales)
    }
sales-of = of
sales-all_stores = all stores
sales-late = Lines of a day that is over may still be typed in late.
sales-shares = Revenue by product, region and store
sales-shares_note = Shares of the revenue of these days, and the change of each.
sales-by_product = By product
sales-by_region = By region
sales-unsold = Not sold in the last four weeks: { $products }.
sales-rejected = Rejected lines
sales-rejected_note =
    { $lines ->
        [one] { $lines } line of the three files could not be used, or not whole; no sale among them is in the figures above. A line with an unknown product or store counts as soon as that is known.
       *[other] { $lines } lines of the three files could not be used, or not whole; no sale among them is in the figures above. A line with an unknown product or store counts as soon as that is known.
    }
orders-last_hour = Last hour
orders-last_24_hours = Last 24 hours
orders-in_24_hours = Orders in 24 hours
orders-all = All orders
orders-count = { $orders } orders
orders-vs_24_hours = { $change } vs the 24 hours before
orders-lost = { $orders } more do not count
orders-since = { $orders } orders since { $moment }
orders-newest = Newest order: { $moment };
orders-about = hours are counted back from it. Revenue is what was billed less what was refunded, in { $currency }, of the orders that count: those that are not cancelled, returned or withdrawn.
orders-refunded = Of the orders of the last 24 hours { $amount } was refunded.
orders-others = Orders in other currencies are in none of these figures: { $amounts }, of all that count.
orders-other =
    { $orders ->
        [one] { $amount } ({ $orders } order)
       *[other] { $amount } ({ $orders } orders)
    }
orders-by_day = In UTC, as far as the orders go back. The figures are of the days that are over; what is below is of the days chosen here too.
orders-by_status = Orders by status
orders-by_status_note = All orders of the days chosen, those that do not count and those of the day under way among them.
orders-products = Top products
orders-products_note = Shares of the revenue of the days chosen that are over, and the change of each.
orders-countries = Countries
orders-countries_note = The customer's country when the order was placed.
orders-unknown =
    { $orders ->
        [one] { $orders } order counts as unknown until the customer has come.
       *[other] { $orders } orders count as unknown until the customer has come.
    }
performance-about = The stores that both the counters and the retail files know. Ratios are over estimated visits; revenue is net of returns; a sale is a ticket or, where the files know none, a line sold. A store's page has its days.
performance-change = A change counts the days that both have and that are over.
performance-low = Less reliable, for under 80 % of the open hours were counted on some days: { $stores }.
performance-none = No store is in both feeds: say in seeds/store_mapping.csv which is which.

## Air

air-about = The newest hours of every station and the next two, and its latest complete day vs the WHO's 24-hour guidelines of 2021: PM2.5 { $pm2_5 } µg/m³, CO { $co } mg/m³. A day is valid if at least 18 of its hours were reported. Choose a station for its hours, days and forecasts.
air-above = { $pollutant } above the limit
air-stations_latest = stations, latest complete day
air-newest_hour = Newest hour
air-oldest_station = Oldest station
air-baselines = Forecast as their last value, for the reason that their page gives: { $stations }.
air-days = The mean of each station's daily means, of the days chosen that are valid, by UTC day. A change counts the days that are valid on both sides.
air-measured = measured
air-so_far = so far: incomplete hour
air-forecast = forecast
air-forecast_before = forecast an hour before
air-interval = 90 % interval
air-measured_value = measured { $value }
air-measured_so_far = measured { $value } so far
air-not_reported = not reported
air-forecast_value = forecast { $value }
air-forecast_before_value = forecast an hour before { $value }
air-interval_value = 90 % interval { $lower } to { $upper }
air-by_hour = { $name } by hour, measured and forecast, in { $unit }
means-name = mean
means-within = within the limit
means-above = above the limit
means-not_valid = fewer than 18 hours: not valid
means-so_far = so far: incomplete day
means-limit = limit: { $limit } { $unit }
means-mean = mean { $mean } { $unit } of { $hours } hours
means-by_day = { $name } by day vs the limit, in { $unit }
station-id = Station { $id }
station-id_and_place = Station { $id }, latitude { $north }, longitude { $east }
station-data = data until { $newest }, since { $first }
station-no_data = no data has come yet
station-temperature = Temperature
station-temperature_inside = Temperature inside
station-humidity = Humidity
station-hour_so_far = { $hour }, so far
station-ahead = { $time } UTC, forecast
station-ahead_last_value = { $time } UTC, the last value
station-not_valid = { $hours } hours: not valid
station-days_above = Days above the limit
station-days_above_note = { $above } of { $valid } valid days since { $day }
station-missing = { $pollutant } missing
station-missing_note = of the hours of the last { $days } days
station-missing_ever = { $pollutant } missing since it began
station-missing_hours = { $hours } of { $all } hours
station-days = The days of the charts by day:
station-no_better = No better forecast of { $pollutant } than its last value:
station-by_hour = { $pollutant } hour by hour, { $unit }
station-by_hour_note = The last three days, in UTC, and the next two hours.
station-by_day = { $pollutant }, daily means, { $unit }
station-by_day_note = By UTC day, vs the WHO's 24-hour guideline.
station-accuracy = Forecast accuracy
station-accuracy_note = Over the last 60 days measured, each from what was known at its time alone. The MAE (mean absolute error) is in the pollutant's unit, and is compared with two baselines: the last value, and yesterday's value at the same hour. 90 % of the values should lie in the 90 % interval.
station-no_accuracy = No hour that was forecast has been measured yet.
station-missing_title = Missing hours
station-restated = Restated hours
station-restated_note = Hours that the network published again with another value; the newest one counts. Completing an incomplete hour is no restatement.
station-no_restated = No hour has been restated since this warehouse began.

## Sensor health

health-need_technician = Need a technician
health-in_service = sensors in service
health-to_watch = To watch
health-sensors = sensors
health-visits_4_weeks = visits in four weeks
health-for_not_counted = { $visits } for what was not counted
health-of_open_hours = of the open hours
health-which = Which door needs a technician
health-technician = { $store }: { $sensor } needs a technician
health-watch = { $store }: { $sensor } to watch
health-reason = { $reason }.
health-reason_since = { $reason } since { $day }.
health-reason_hours = { $reason }, { $hours } open hours.
health-reason_since_hours = { $reason } since { $day }, { $hours } open hours.
health-coverage_7d = { $share } counted in seven days.
health-cost = { $visits } visits estimated in four weeks.
health-more = { $count } more are in the table of all sensors.
health-none = None: every sensor in service counts as it should.
health-by_store = The last four weeks: visits observed, visits estimated, and the share of the open hours that was counted. A store's page has its doors day by day.
health-by_store_until = The last four weeks, up to { $day }: visits observed, visits estimated, and the share of the open hours that was counted. A store's page has its doors day by day.
health-all = All sensors
health-all_note = By store. A sensor that was replaced in the last four weeks is among them, marked; its visits count in its store's.
health-alerts = Sensor alerts
health-key_all = all open hours counted
health-key_80 = 80 % and more
health-key_50 = 50 % and more
health-key_less = under 50 %
health-key_stuck = stuck
health-key_anomalies = 3 anomalies and more
health-key_impossible = impossible value
health-no_hours = { $day }: no hours
health-closed = { $day }: closed
health-counted = { $day }: { $hours } of { $all } open hours counted
health-outage = { $hours } missing one after another
health-stuck = { $hours } hours stuck at one count
health-impossible = { $values } impossible values
health-anomalies = { $anomalies } anomalies
health-estimated = { $visits } visits estimated

## Pipeline

usable-yes = Today's figures can be used.
usable-with_care = Today's figures can be used with care.
usable-no = Today's figures cannot be used.
usable-stale = The newest build failed; what the pages show is older.
pipeline_state-never_built = Nothing has been built yet.
pipeline_state-build_failed = The newest build failed.
pipeline_state-build_failed_with = The newest build failed: { $error }.
pipeline_state-tests_fail = { $failed } of { $all } tests fail.
pipeline_state-sources_failed = { $failed } of { $all } sources could not be loaded; their figures end earlier.
pipeline_state-sources_old = { $old } of { $all } sources have brought nothing new for longer than they should.
pipeline_state-all_well = Every source is loaded, every test passes.
pipeline-last_build = Last good build
pipeline-no_build = none
pipeline-sources = Sources
pipeline-fresh = loaded and fresh
pipeline-tests = Tests
pipeline-pass = pass
pipeline-pass_warned = pass, { $tests } of them with a warning
pipeline-alerts = Alerts
pipeline-open = open
pipeline-warehouse = Warehouse
pipeline-on_disk = on disk
pipeline-ages = Ages are measured against the end of the newest ingestion. Of several stores or stations the oldest counts.
pipeline-ages_at = Ages are measured against the end of the newest ingestion, { $moment }. Of several stores or stations the oldest counts.
pipeline-open_alerts = Open alerts
pipeline-since = Since { $moment }.
pipeline-all_pass = All { $tests } pass.
pipeline-all_pass_at = All { $tests } pass, as of { $moment }.
pipeline-all_tests = All tests with their latest results
pipeline-run_times = Run times
pipeline-builds = Builds
pipeline-ingestions = Ingestions
pipeline-seconds_build = seconds of a build
pipeline-seconds_ingestion = seconds of an ingestion
pipeline-megabytes = megabytes on disk after each run of dbt
pipeline-said_build = { $seconds } s
pipeline-said_ingestion = { $seconds } s, { $rows } rows new
pipeline-said_size = { $size } MB, { $free } MB of it free
pipeline-rejected = Rejected records
pipeline-rejected_note = Rejected records count in no total.
pipeline-each_rejected = Each rejected record, by its id
pipeline-air_values = Air values that cannot be
pipeline-air_values_note = Values outside their plausible range count in no mean; the other values of their hours do. A day whose values are a hundred times those before, or a hundredth, seems to be in another unit.
pipeline-from_to = { $lowest } to { $highest }
pipeline-the_warehouse = The warehouse
pipeline-closed_alerts = Closed alerts
run-of = { $what } of { $source }

## What needs attention, and the alerts: docs/seeds.md has their rules

attention-title = What needs attention
attention-nothing = Nothing needs attention.
attention-full_stop = { $text }.
attention-list = { $list }.
attention-longer_list = { $list } and { $more } more.
alerts-sensor_below-message = { $entity } counted { $visits } in the hour from { $moment }
alerts-sensor_below-title =
    { $count ->
        [one] { $place }: a door counts low
       *[other] { $place }: { $count } doors count low
    }
alerts-sensor_below-in_list = { $entity } counted { $value }
alerts-sensor_silent-message = { $entity } has been silent for { $hours } open hours, its last reading was at { $moment }
alerts-sensor_silent-without_a_reading = { $entity } has been silent for { $hours } open hours and has sent no reading yet
alerts-sensor_silent-title =
    { $count ->
        [one] { $place }: a door is silent
       *[other] { $place }: { $count } doors are silent
    }
alerts-sensor_silent-in_list = { $entity } for { $value } open hours
alerts-store_day_off_usual-message = { $store } had { $percent } % more visits than usual on { $day }
alerts-store_day_off_usual-below = { $store } had { $percent } % fewer visits than usual on { $day }
alerts-store_day_off_usual-title =
    { $count ->
        [one] { $place }: a day far from usual
       *[other] { $place }: { $count } days far from usual
    }
alerts-coverage_below-message = { $store } was counted in { $percent } % of its open hours on { $day }
alerts-coverage_below-title =
    { $count ->
        [one] { $place }: low coverage
       *[other] { $place }: { $count } days of low coverage
    }
alerts-feed_old-message = { $source } brought nothing newer than { $moment }
alerts-feed_old-of_one_feed = { $source } of { $entity } brought nothing newer than { $moment }
alerts-feed_old-never = { $source } of { $entity } has brought nothing yet
alerts-feed_old-title =
    { $count ->
        [one] { $place }: no new data
       *[other] { $count } feeds have no new data
    }
alerts-source_stale-message = { $source } was last loaded on { $moment }
alerts-source_stale-title =
    { $count ->
        [one] { $place }: not loaded for too long
       *[other] { $count } sources were not loaded for too long
    }
alerts-ingestion_failed-message = the ingestion of { $source } failed: { $error }
alerts-ingestion_failed-without_an_error = the ingestion of { $source } failed
alerts-ingestion_failed-title =
    { $count ->
        [one] { $place }: the last ingestion failed
       *[other] { $count } ingestions failed
    }
alerts-air_limit_passed-message = { $pollutant } at { $station } had a mean of { $mean } { $unit } on { $day }
alerts-air_limit_passed-title =
    { $count ->
        [one] Air: a limit is exceeded
       *[other] Air: { $count } limits are exceeded
    }
alerts-rejected_above-message = { $records } records of { $source } were rejected in 24 hours, of { $rows } that came
alerts-rejected_above-title =
    { $count ->
        [one] { $place }: records rejected
       *[other] { $count } sources had records rejected
    }
alerts-test_failed-message = the test { $entity } failed
alerts-test_failed-of_a_model = the model { $entity } failed
alerts-test_failed-title =
    { $count ->
        [one] { $place }: a test failed
       *[other] { $count } tests failed
    }
alerts-test_failed-in_list = { $entity }

## Words of the data

state-in_service = in service
state-replaced = replaced
state-silent = silent
state-no_readings_yet = no readings yet
state-technician = technician
state-watch = watch
state-ok = ok
state-fresh = fresh
state-failed = failed
state-old = old
state-nothing_yet = nothing yet
reason-silent = silent
reason-stuck = stuck
reason-mostly_missing = mostly missing
reason-counts_wrong = counts wrong
reason-impossible_values = impossible values
reason-often_missing = often missing
verdict-above = above
verdict-within = within
verdict-too_few_hours = too few hours
model-forecast = forecast
model-last_value = last value
outcome-ok = ok
outcome-failed = failed
outcome-pass = pass
outcome-fail = fail
outcome-warn = warn
outcome-error = error
outcome-skipped = skipped
order-unknown = unknown
order-not_known_yet = not known yet
region-unknown = unknown
run-ingestion = ingestion
run-publishing = publishing
run-alerts = alerts
source-footfall = footfall
source-retail = retail
source-orders = orders
source-air_quality = air_quality
entity-products = products
entity-stores = stores
entity-sales = sales
entity-sensors = sensors
entity-readings = readings
entity-orders = orders
entity-customers = customers
entity-stations = stations
entity-hourly = hourly
status-approved = approved
status-authorized = authorized
status-auto_draft = auto-draft
status-canceled = canceled
status-cancelled = cancelled
status-checkout_draft = checkout-draft
status-closed = closed
status-completed = completed
status-delivered = delivered
status-draft = draft
status-expired = expired
status-failed = failed
status-fulfilled = fulfilled
status-on_hold = on-hold
status-open = open
status-paid = paid
status-partial = partial
status-partially_fulfilled = partially_fulfilled
status-partially_paid = partially_paid
status-partially_refunded = partially_refunded
status-pending = pending
status-placed = placed
status-prepared = prepared
status-processing = processing
status-proposed = proposed
status-refunded = refunded
status-reserved = reserved
status-restocked = restocked
status-returned = returned
status-shipped = shipped
status-trash = trash
status-unfulfilled = unfulfilled
status-voided = voided

## Holidays of seeds/holidays.csv

holiday-All_Saints_Day = All Saints' Day
holiday-All_Saints_Day_National_Unity_Day = All Saints' Day; National Unity Day
holiday-Armistice_Day = Armistice Day
holiday-Ascension_Day = Ascension Day
holiday-Assumption_Day = Assumption Day
holiday-Assumption_Of_Mary_Day = Assumption Of Mary Day
holiday-Boxing_Day = Boxing Day
holiday-Boxing_Day_observed_ = Boxing Day (observed)
holiday-Christmas_Day = Christmas Day
holiday-Christmas_Day_observed_ = Christmas Day (observed)
holiday-Constitution_Day = Constitution Day
holiday-Coronation_of_Charles_III = Coronation of Charles III
holiday-Easter_Monday = Easter Monday
holiday-Easter_Sunday = Easter Sunday
holiday-Epiphany = Epiphany
holiday-German_Unity_Day = German Unity Day
holiday-Good_Friday = Good Friday
holiday-Immaculate_Conception = Immaculate Conception
holiday-Labor_Day = Labor Day
holiday-Liberation_Day = Liberation Day
holiday-May_Day = May Day
holiday-National_Day = National Day
holiday-National_Unity_Day = National Unity Day
holiday-New_Year_s_Day = New Year's Day
holiday-New_Year_s_Day_observed_ = New Year's Day (observed)
holiday-Pentecost_Monday = Pentecost Monday
holiday-Platinum_Jubilee_of_Elizabeth_II = Platinum Jubilee of Elizabeth II
holiday-Reformation_Day = Reformation Day
holiday-Republic_Day = Republic Day
holiday-Saint_Francis_of_Assisi_Patron_Saint_of_Italy = Saint Francis of Assisi, Patron Saint of Italy
holiday-Saint_Stephen_s_Day = Saint Stephen's Day
holiday-Second_Day_of_Christmas = Second Day of Christmas
holiday-Spring_Bank_Holiday = Spring Bank Holiday
holiday-State_Funeral_of_Queen_Elizabeth_II = State Funeral of Queen Elizabeth II
holiday-Victory_Day = Victory Day

## Forecasts of visits, people, goals, events

forecast-title = The next two weeks
forecast-chart = Visits by day and their forecast
forecast-key = forecast
forecast-interval = four days of five lie in it
forecast-value = forecast { $visits }
forecast-value_before = was forecast { $visits }
forecast-interval_value = four of five such days lie between { $lower } and { $upper }
forecast-more = All forecasts
forecast-sum = { $visits } visits are forecast from { $first } to { $last }.
forecast-days_without =
    { $days ->
        [one] One open day has no comparable day yet, and no forecast.
       *[other] { $days } open days have no comparable day yet, and no forecast.
    }
forecast-why = The forecast is the median of the last eight ordinary days of the weekday: { $reason }.
forecast-not_yet = There is no forecast yet: no comparable day is known.
forecast-ended = There is no forecast: the store has brought no complete day for two weeks.
forecast-good = Of the last eight weeks, forecasts were off by { $error } of the visits on average, and { $covered } of the days lay in their interval ({ $forecasts } forecasts).
forecast-about = { $first } to { $last }, made from what was known the day before. { $stores } of { $all } stores have a forecast.
forecast-none = No store has a forecast yet: each needs a few weeks of days.
forecast-by_store = By store
forecast-by_store_note = The error is the sum of what the forecasts of the last eight weeks, made 1 to 14 days ahead, were off by, in percent of the visits that came.
forecast-accuracy = How good the forecasts are
forecast-accuracy_note = Forecasts of the last eight weeks, made 1 to 14 days ahead from what was known then, against what came on open days. All stores together.
forecast-no_accuracy = No forecast is over yet.
forecast-error = Error of the forecasts
forecast-error_of = of { $forecasts } forecasts
forecast-error_mean_of_four = Error of the mean of four weekdays
forecast-error_baseline = Error of the median of eight weekdays
forecast-same_days = of the same days
forecast-covered = In the interval
forecast-covered_note = meant to be 80 %
reason-the_store_has_been_counted_for_less_than_six_weeks = the store has been counted for less than six weeks
reason-nobody_came_in_the_last_eight_weeks = nobody came in the last eight weeks
reason-nothing_is_known_of_the_last_eight_weeks = nothing is known of the last eight weeks
reason-there_are_too_few_days_to_learn_from = there are too few days to learn from
reason-the_baseline_has_done_better_in_this_store = it has done better in this store than the model
reason-no_comparable_day_is_known_yet = no comparable day is known yet
reason-no_complete_day_for_two_weeks = no complete day for two weeks
staffing-title = People needed
staffing-note = For the visits forecast, spread over the hours as the same weekday was in the last eight weeks, by the rules in seeds/staffing_rules.csv.
staffing-table = People needed by day and hour
staffing-hours = Person-hours
staffing-cell =
    { $people ->
        [one] { $day }, { $hour }: one person for { $visits } visits
       *[other] { $day }, { $hour }: { $people } people for { $visits } visits
    }
staffing-calendar = Calendar (iCalendar)
staffing-calendar_note = A phone's calendar can subscribe to this address.
staffing-calendar_name = People needed, { $store }
staffing-event =
    { $people ->
        [one] { $store }: one person
       *[other] { $store }: { $people } people
    }
staffing-event_note = { $visits } visits are forecast.
goals-title = Goals
goals-note = What each month has brought, and what it is on track for: what came, and what is forecast of the rest.
goals-all_stores = All stores
goals-unknown_store = no such store in the data
goals-reached = reached
goals-missed = not reached
goals-no_forecast = no forecast of the rest
goals-on_track = on track
goals-short = below the goal
goals-days_unknown =
    { $days ->
        [one] nothing is known of one day of a store
       *[other] nothing is known of { $days } days of stores
    }
goals-days_without =
    { $days ->
        [one] without one day of a store that has no forecast
       *[other] without { $days } days of stores that have no forecast
    }
event-in = { $label } ({ $names })
event-in_stores = { $label } ({ $stores } stores)
like_for_like-title = Like for like
like_for_like-note = Each day beside the same weekday 52 weeks before, where both are over, open, known and outside of unusual events: what opened, closed or was shut in between is in neither sum.
like_for_like-growth = Growth of visits
like_for_like-of = { $stores } of { $all } stores
like_for_like-before = { $visits } 52 weeks before
like_for_like-left_out =
    { $stores ->
        [one] One store has no day that can be compared.
       *[other] { $stores } stores have no day that can be compared.
    }
like_for_like-none = No day of these can be compared with the year before.

## The digest

digest-title = Tally, { $day }
digest-title_without_day = Tally
digest-until = Visitor counts up to { $moment }.
digest-nothing_yet = No visitor counts have come yet: `make ingest`, then `make build publish`.
digest-stale = **These are the figures of { $built }.** Every build since { $since } has failed: { $reason }
digest-times = Times are those of { $timezone }.
digest-attention = What needs attention
digest-nothing = Nothing.
digest-item = **{ $title }**. { $detail }
digest-item_critical = **{ $title }** (critical). { $detail }
digest-latest_day = The latest day: { $day }
digest-on = on { $day }
digest-store = Store
digest-visits = Visits
digest-usual = Usual
digest-vs_usual = vs usual
digest-trend = Trend
digest-counted = Counted
digest-latest_day_note = Visits are counted, and estimated where a door was not. *Usual*: the mean of the same weekday in the four weeks before, closed days left out. *Trend*: the 4-week average, week over week.
digest-week = The week to { $day }
digest-vs_week_before = vs week before
digest-vs_last_year = vs last year
digest-week_note = Seven whole days. Last year: what was counted on the same weekdays 364 days before.
digest-sales = Sales
digest-sales_sum =
    { $amount } in { $sales ->
        [one] { $sales } sale
       *[other] { $sales } sales
    } of { $units ->
        [one] { $units } unit
       *[other] { $units } units
    }.
digest-sales_sum_until =
    { $amount } in { $sales ->
        [one] { $sales } sale
       *[other] { $sales } sales
    } of { $units ->
        [one] { $units } unit
       *[other] { $units } units
    }, up to { $day }.
digest-returns =
    { $units ->
        [one] Returns of { $amount } ({ $units } unit) are taken off.
       *[other] Returns of { $amount } ({ $units } units) are taken off.
    }
digest-other_currencies = Sales in other currencies are not in these figures: { $amounts }.
digest-sales_week = The week to { $day }: { $amount }.
digest-sales_week_change = The week to { $day }: { $amount }, { $change } vs the week before.
digest-region = Region
digest-product = Product
digest-revenue = Revenue
digest-share = Share
digest-units = Units
digest-air = Air
digest-station = Station
digest-in_1_h = In 1 h
digest-in_2_h = In 2 h
digest-day_s_mean = Day's mean
digest-limit = Limit
digest-newest_hour = Newest hour
digest-air_note = PM2.5 in µg/m³, now and one and two hours on; the day is each station's latest complete one, its limit { $limit }.
digest-co_above = CO was above its limit at { $above } of { $stations } stations.

## The report of a week or a month

report-title_week = Tally: { $begin } to { $end }
report-title_month = Tally: { $month }
report-stale = Every build since { $since } has failed, and the figures are those of before: { $reason }
report-no_pdf = There is no PDF of this report: the machine that sends it has no Chromium.
report-happened = What happened
report-why = Why
report-coming = What is coming
report-to_do = What to do
report-by_week = Visits by week
report-like_for_like = Visits, like for like
report-like_for_like_note = { $visits } 52 weeks before, on the { $days } days of stores, of { $all }, that can be compared
report-last_year = vs last year
report-conversion = Conversion
report-more_stores =
    { $stores ->
        [one] And one more store.
       *[other] And { $stores } more stores.
    }
report-stores = { $stores } stores
report-all_stores = all stores
report-closed_in = closed in { $closed } of { $stores } stores
report-closed_in_all = closed
report-closed = Closed for { $reason }: { $stores }, { $days }.
report-event = { $event }, { $days }, { $stores }: visits { $change } against the usual.
report-unusual = { $store } had { $visits } visits on { $day }, { $change } against the usual.
report-sensor = Door { $sensor } in { $store } missed { $missing } of { $hours } open hours; { $visits } of its visits are estimated.
report-nothing_behind = No closure, event, silent door or unusual day stands behind these figures.
report-coming_sum = { $visits } visits are forecast from { $first } to { $last }, { $change } against the last four weeks.
report-no_forecast = There is no forecast yet.
report-person_hours = { $hours } person-hours
report-attention = { $title }. { $detail }
report-attention_urgent = Urgent: { $title }. { $detail }
report-goal_short = { $store }: by the forecast { $missing } visits are missing to the goal of { $goal } for { $month }.
report-goal_unknown = seeds/goals.csv has a goal for { $store }, a store that is not in the data.
report-fullest_hour =
    { $people ->
        [one] { $store } needs most people on { $day } at { $hour }: one.
       *[other] { $store } needs most people on { $day } at { $hour }: { $people }.
    }
report-more_to_do = { $items } more are on the overview.

## The mail of alerts

mail-subject = Tally: { $parts }
mail-subject_failed = could not be made
mail-subject_alerts = alerts { $counts }
mail-subject_opened = { $count } opened
mail-subject_closed = { $count } closed
mail-subject_digest = the digest
mail-subject_digest_of = the digest ({ $day })
mail-failed = Could not be made
mail-failed_note = Figures may be missing from this mail. docs/runbook.md says what to do.
mail-alerts_failed = The alerts could not be read: { $error }
mail-digest_failed = The digest could not be made: { $error }
mail-opened = Opened
mail-closed = Closed
mail-times = Times are those of { $timezone }.
mail-alert = { $message } (since { $opened })
mail-alert_critical = { $message } (critical) (since { $opened })
mail-alert_closed = { $message } (from { $opened } to { $closed })
mail-alert_closed_critical = { $message } (critical) (from { $opened } to { $closed })
mail-rule = { $count } times { $rule }: { $names }, the first on { $moment }
mail-rule_critical = { $count } times { $rule } (critical): { $names }, the first on { $moment }
mail-rule_more = { $names } and { $more } more
