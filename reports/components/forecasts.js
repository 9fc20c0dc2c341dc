// What is said of a store's forecast.
import { count, longDay, missing, percent } from './format.js';
import { t, whole, wordOf } from './language.js';

/** In sentences: what the days ahead come to and how good such forecasts have been, or why there is none. row: of queries/store/forecast_about.sql; none where the store has no forecast. */
export const aboutForecast = (row) => {
	if (!row) return t('forecast-ended');
	const why = row.reason ? [t('forecast-why', { reason: wordOf('reason', row.reason) })] : [];
	if (missing(row.visits) || (row.open_days > 0 && row.days_without === row.open_days)) return [t('forecast-not_yet'), ...why].join(' ');
	return [
		t('forecast-sum', { first: longDay(row.first_day), last: longDay(row.last_day), visits: count(row.visits) }),
		...(row.days_without > 0 ? [t('forecast-days_without', { days: row.days_without })] : []),
		...why,
		...(missing(row.wape) || missing(row.coverage) ? [] : [t('forecast-good', { error: percent(row.wape), covered: percent(row.coverage, 0), forecasts: whole(row.forecasts) })])
	].join(' ');
};
