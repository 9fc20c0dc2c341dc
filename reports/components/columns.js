// Columns of tables and of the files that they are downloaded as: how a figure is shown, and how it is rounded for a spreadsheet.
//
// A column has an `id`, the field of a row, and a `title`, what people call it. For a figure it may say its `digits` behind
// the point (0 without), `unit`, `isSigned` where a plus is said, `isChange` where it is one in percent (with `isNeutral` without a colour), and `currency`, the field that has the amount's currency.
// With `isCourse` the field is a list of numbers, drawn as a sparkline; it is in no file.
import { COMPARISONS } from './compare.js';
import { change, grouped, inTable, localTime, missing, money, percent, stateOf } from './format.js';
import { t } from './language.js';

/** A field as the table shows it. */
export const cell = (row, column) => {
	const value = row[column.id];
	if (column.isCourse) return '';
	if (missing(value)) return column.currency || column.digits !== undefined || column.isChange ? '–' : '';
	if (typeof value !== 'number') return inTable(String(value));
	if (column.isChange) return change(value, column.digits ?? 1);
	if (column.currency) return money(value, row[column.currency], column.digits);
	if (column.unit === '%') return percent(value, column.digits ?? 0);
	return [(column.isSigned && value > 0 ? '+' : '') + grouped(value, column.digits ?? 0), column.unit].filter(Boolean).join(' ');
};

const comparedWith = (measure) =>
	COMPARISONS.map(({ id, field }) => ({
		id: [measure, field].filter(Boolean).join('_'),
		title: t(`column-${[measure, 'compare', id].filter(Boolean).join('-')}`),
		digits: 0
	}));

// What the rows of charts have, in the order of their files. A field that is not here is for the page alone.
const ofCharts = () => [
	{ id: 'period', title: t('column-period') },
	{ id: 'name', title: t('column-name') },
	{ id: 'day', title: t('column-day') },
	{ id: 'begins_on', title: t('column-from') },
	{ id: 'ends_on', title: t('column-to') },
	{ id: 'hour', title: t('column-hour'), isHour: true },
	{ id: 'days', title: t('column-days'), digits: 0 },
	{ id: 'known_days', title: t('column-days_with_data'), digits: 0 },
	{ id: 'counted', title: t('column-counted'), digits: 0 },
	{ id: 'estimated', title: t('column-estimated'), digits: 0 },
	{ id: 'expected', title: t('column-expected'), digits: 0 },
	{ id: 'forecast', title: t('column-forecast'), digits: 0 },
	{ id: 'lower', title: t('column-forecast_lower'), digits: 0 },
	{ id: 'upper', title: t('column-forecast_upper'), digits: 0 },
	{ id: 'revenue', title: t('column-revenue'), digits: 0 },
	{ id: 'returns', title: t('column-returned'), digits: 0 },
	{ id: 'currency', title: t('column-currency') },
	{ id: 'share', title: t('column-share'), digits: 1, unit: '%' },
	{ id: 'sales', title: t('column-sales'), digits: 0 },
	{ id: 'units', title: t('column-units'), digits: 0 },
	{ id: 'returned_units', title: t('column-units_returned'), digits: 0 },
	{ id: 'usual', title: t('column-usual'), digits: 0 },
	...['', 'sales', 'revenue'].flatMap(comparedWith).filter(({ id }) => id !== 'usual'),
	{ id: 'vs_usual', title: t('column-vs_usual'), isChange: true },
	{ id: 'weeks_before', title: t('column-weeks_before'), digits: 0 },
	{ id: 'before', title: t('column-before'), digits: 0 },
	{ id: 'vs_before', title: t('column-vs_before'), isChange: true },
	{ id: 'last_year', title: t('column-52_weeks_before'), digits: 0 },
	{ id: 'vs_last_year', title: t('column-vs_52_weeks_before'), isChange: true },
	{ id: 'coverage', title: t('column-coverage'), digits: 1, unit: '%' },
	{ id: 'state', title: t('column-state') },
	{ id: 'note', title: t('column-note') }
];

const MOMENT = /^\d{4}-\d\d-\d\d \d\d:\d\d UTC$/;
const heading = (column) => [column.title || column.id, column.isChange ? '%' : column.unit].filter(Boolean).join(', ');
const field = (value, column) => {
	if (typeof value !== 'number') return MOMENT.test(value) ? localTime(value) : value;
	return column.isHour ? `${String(value).padStart(2, '0')}:00` : Number(value.toFixed(column.digits ?? (column.isChange ? 1 : 0)));
};

/** Rows as a spreadsheet gets them: under the columns' titles, figures rounded as they are shown. Without columns, those of a chart's rows. */
export const csvRows = (rows, columns) => {
	if (!columns) return csvRows(rows.map((row) => ({ ...row, state: stateOf(row) })), ofCharts().filter(({ id }) => (id === 'state' ? rows.some(stateOf) : rows.some((row) => row[id] !== undefined))));
	const currencies = [...new Set(columns.map((column) => column.currency))].filter((id) => id && columns.every((column) => column.id !== id));
	const wanted = [...columns.filter((column) => !column.isCourse), ...currencies.map((id) => ({ id, title: t('column-currency') }))];
	return rows.map((row) => Object.fromEntries(wanted.map((column) => [heading(column), field(row[column.id], column)])));
};
