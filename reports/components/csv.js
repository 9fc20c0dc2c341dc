import { locale, t } from './language.js';

// A spreadsheet runs text that begins so as a formula; behind an apostrophe it stays text. Numbers are no text.
const FORMULA = /^[\t\r\n]*[=+\-@]/;

// What the spreadsheets of a language read: where the decimal mark is a comma, fields are separated by semicolons.
const dialect = () => (new Intl.NumberFormat(locale()).format(1.5).includes(',') ? { separator: ';', mark: ',' } : { separator: ',', mark: '.' });

const field = (value, { separator, mark }) => {
	if (value === null || value === undefined) return '';
	const text = typeof value === 'string' ? (FORMULA.test(value) ? `'${value}` : value) : String(value).replace('.', mark);
	return /["\r\n]/.test(text) || text.includes(separator) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Rows as CSV (RFC 4180, in the dialect of the site's language) under the names of the first row's columns; null is an empty field. */
export const csv = (rows) => {
	const columns = Object.keys(rows[0] ?? {});
	const spoken = dialect();
	return [columns, ...rows.map((row) => columns.map((column) => row[column]))].map((fields) => `${fields.map((value) => field(value, spoken)).join(spoken.separator)}\r\n`).join('');
};

/**
 * What a file is called: the page, the entity that it is about, what is in it, and from which day to which.
 *
 * days: 'YYYY-MM-DD' texts, in any order. `tally-store-paris-days-2026-11-01-to-2026-11-23`.
 */
export const fileName = (page, entity, what, days) => {
	const [first, last] = [days.reduce((one, other) => (one < other ? one : other)), days.reduce((one, other) => (one > other ? one : other))];
	const parts = ['tally', page, entity, what].filter(Boolean).filter((part, at, all) => part !== all[at - 1]);
	return [...parts, first, ...(last > first ? [t('file-to'), last] : [])].join('-').replace(/[^\p{L}\p{N}._-]+/gu, '-');
};

/** Save rows as `<file>.csv`, in the browser alone. The mark at its begin tells spreadsheets that it is UTF-8. */
export const saveCsv = (rows, file) => {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(new Blob(['\ufeff', csv(rows)], { type: 'text/csv;charset=utf-8' }));
	link.download = `${file}.csv`;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
