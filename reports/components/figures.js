// Figures of a span of days, for Figures.svelte, beside what the days are compared with.
import { before, compared, noteOf } from './compare.js';
import { count, missing, money, perVisits, significant } from './format.js';
import { t, whole } from './language.js';

const sum = (rows, field) => rows.reduce((total, row) => total + (row[field] ?? 0), 0);

/** A ratio of sums over the days that both are known of: sales of a day that nobody counted have no visitors. Null where there is none. */
const ratio = (rows, top, bottom) => {
	const known = rows.filter((row) => !missing(row[top]) && !missing(row[bottom]));
	return sum(known, bottom) > 0 ? sum(known, top) / sum(known, bottom) : null;
};

/** Visits by day: how many, how many of them were counted. */
export const visitsOf = (rows, comparison) => {
	const known = rows.filter((row) => !missing(row.estimated));
	if (known.length === 0) return [];
	return [
		{ label: t('figure-visits_of_days'), value: count(sum(known, 'estimated')), ...noteOf(compared(rows, comparison), rows.length, comparison) },
		{ label: t('figure-counted'), value: count(sum(known, 'counted')) }
	];
};

/** Sales beside visits, by day: revenue, sales, conversion and basket; of days that are over. */
export const performanceOf = (rows, comparison) => {
	const over = rows.filter((row) => row.is_complete);
	if (over.length === 0) return [];
	const currency = over[over.length - 1].currency;
	const figure = (label, value, parts) => ({ label, value, ...noteOf(compared(over, comparison, parts), over.length, comparison) });
	const [sales, visits, revenue, sales_in_currency] = ['sales', 'visits', 'revenue', 'sales_in_currency'].map((field) => ({ value: field, measure: field }));
	const conversion = perVisits(ratio(over, 'sales', 'visits'));
	return [
		figure(t('revenue'), money(sum(over, 'revenue'), currency), revenue),
		figure(t('sales'), count(sum(over, 'sales')), sales),
		figure(conversionTitle(conversion.scale), conversion.text, { ...sales, over: visits }),
		figure(t('basket'), money(ratio(over, 'revenue', 'sales_in_currency'), currency, 2), { ...revenue, over: sales_in_currency })
	];
};

/** A store's sums and ratios of the days that are over, with their changes in percent: a row of the table of all stores. */
export const ratiosOf = (rows, comparison) => {
	const over = rows.filter((row) => row.is_complete);
	const [sales, visits, revenue] = ['sales', 'visits', 'revenue'].map((field) => ({ value: field, measure: field }));
	const changed = (parts) => compared(over, comparison, parts).change;
	return {
		days: over.length,
		low_days: over.filter((row) => row.is_low_coverage).length,
		currency: over[over.length - 1]?.currency,
		course: over.map((row) => row.revenue),
		visits: sum(over, 'visits'),
		sales: sum(over, 'sales'),
		revenue: sum(over, 'revenue'),
		ratio: ratio(over, 'sales', 'visits'),
		per_visit: ratio(over, 'revenue', 'visits'),
		basket: ratio(over, 'revenue', 'sales_in_currency'),
		visits_change: changed(visits),
		conversion_change: changed({ ...sales, over: visits }),
		revenue_change: changed(revenue)
	};
};

/** A station's valid days: of each pollutant the mean of the daily means, its change in percent, the days above the limit and how many days count. */
export const airOf = (rows, comparison) => {
	const of = (name) => {
		const valid = rows.filter((row) => !missing(row[`valid_${name}`]));
		return {
			[name]: valid.length ? sum(valid, `valid_${name}`) / valid.length : null,
			[`${name}_change`]: compared(rows, comparison, { value: `valid_${name}`, measure: name }).change,
			[`${name}_above`]: valid.filter((row) => row[`exceeds_who_${name}`]).length,
			[`${name}_days`]: valid.length
		};
	};
	return { course: rows.map((row) => row.valid_pm2_5), ...of('pm2_5'), ...of('co') };
};

/** Per how many visits the sales of these days have figures before the point. */
export const conversionScale = (rows) => perVisits(ratio(rows, 'sales', 'visits')).scale;

/** Sales per so many visits by day, for PerformanceChart. */
export const conversionByDay = (rows, comparison, scale) => {
	const salesPerVisit = (sales, visits) => (visits > 0 && !missing(sales) ? sales / visits : null);
	return rows.map((row) => {
		const value = row.is_complete ? salesPerVisit(row.sales, row.visits) : null;
		const was = comparison && !row.is_closed ? salesPerVisit(before(row, comparison, 'sales'), before(row, comparison, 'visits')) : null;
		const [now, earlier] = [value, was].map((each) => (missing(each) ? null : scale * each));
		return { ...row, value: now, text: significant(now), was: earlier, was_text: significant(earlier) };
	});
};

/** What sales per so many visits are called. */
export const conversionTitle = (scale) => (scale === 100 ? t('conversion') : t('sales_per_visits', { visits: scale }));

/** Revenue, number and mean of the sales of days that are over, in one currency. */
const soldOf = (over, comparison, currency, [number, mean]) => {
	const [revenue, sales] = ['revenue', 'sales'].map((field) => ({ value: field, measure: field }));
	const figure = (label, value, parts) => ({ label, value, ...noteOf(compared(over, comparison, parts), over.length, comparison) });
	return [
		figure(t('revenue'), money(sum(over, 'revenue'), currency), revenue),
		figure(number, count(sum(over, 'sales')), sales),
		figure(mean, money(ratio(over, 'revenue', 'sales'), currency, 2), { ...revenue, over: sales })
	];
};

/** Sales of shops by day, of the days that are over. */
export const salesOf = (rows, comparison, currency) => {
	const over = rows.filter((row) => row.is_complete);
	if (over.length === 0) return [];
	const returned = { label: t('returned'), value: money(sum(over, 'returns'), currency), note: t('figure-returned_units', { returned: whole(sum(over, 'returned_units')), all: whole(sum(over, 'units') + sum(over, 'returned_units')) }) };
	return [...soldOf(over, comparison, currency, [t('sales'), t('basket')]), returned];
};

/** Online orders by day, of the days that are over. */
export const ordersOf = (rows, comparison, currency) => {
	const over = rows.filter((row) => row.is_complete);
	if (over.length === 0) return [];
	return [...soldOf(over, comparison, currency, [t('orders'), t('revenue_per_order')]), { label: t('refunded'), value: money(sum(over, 'returns'), currency), note: t('refunded-note') }];
};

/** Orders by day and status summed up: a row a status, the commonest first. */
export const statusesOf = (rows, currency) => {
	const all = sum(rows, 'orders');
	const statuses = [...new Set(rows.map((row) => row.status))].map((status) => {
		const some = rows.filter((row) => row.status === status);
		return { status, orders: sum(some, 'orders'), share: (100 * sum(some, 'orders')) / all, billed: sum(some, 'billed'), currency };
	});
	return statuses.sort((one, other) => other.orders - one.orders);
};
