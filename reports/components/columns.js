// Columns of tables and of the files that they are downloaded as: how a figure is shown, and how it is rounded for a spreadsheet.
//
// A column has an `id`, the field of a row, and a `title`, what people call it. For a figure it may say its `digits` behind
// the point (0 without), `unit`, `isSigned` where a plus is said, `isChange` where it is one in percent, and `currency`, the field that has the amount's currency.
import { change, grouped, missing, money } from './format.js';

/** A field as the table shows it. */
export const cell = (row, column) => {
	const value = row[column.id];
	if (missing(value)) return column.currency || column.digits !== undefined || column.isChange ? '–' : '';
	if (typeof value !== 'number') return String(value);
	if (column.isChange) return change(value, column.digits ?? 1);
	if (column.currency) return money(value, row[column.currency], column.digits);
	return [(column.isSigned && value > 0 ? '+' : '') + grouped(value, column.digits ?? 0), column.unit].filter(Boolean).join(' ');
};

/** Rows as a spreadsheet gets them: under the columns' titles, figures rounded as they are shown. */
export const csvRows = (rows, columns) =>
	rows.map((row) =>
		Object.fromEntries(
			columns.map((column) => {
				const value = row[column.id];
				return [[column.title || column.id, column.isChange ? '%' : column.unit].filter(Boolean).join(', '), typeof value === 'number' ? Number(value.toFixed(column.digits ?? (column.isChange ? 1 : 0))) : value];
			})
		)
	);
