// A spreadsheet runs text that begins so as a formula; behind an apostrophe it stays text. Numbers are no text.
const FORMULA = /^[\t\r\n]*[=+\-@]/;

const field = (value) => {
	if (value === null || value === undefined) return '';
	const text = typeof value === 'string' && FORMULA.test(value) ? `'${value}` : String(value);
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Rows as CSV (RFC 4180) under the names of the first row's columns; null is an empty field. */
export const csv = (rows) => {
	const columns = Object.keys(rows[0] ?? {});
	return [columns, ...rows.map((row) => columns.map((column) => row[column]))].map((fields) => `${fields.map(field).join(',')}\r\n`).join('');
};

/** Save rows as `<file>.csv`, in the browser alone. */
export const saveCsv = (rows, file) => {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(new Blob([csv(rows)], { type: 'text/csv;charset=utf-8' }));
	link.download = `${file}.csv`;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
