const field = (value) => {
	const text = value === null || value === undefined ? '' : String(value);
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Rows as CSV (RFC 4180) under the names of the first row's columns; null is an empty field. */
export const csv = (rows) => {
	const columns = Object.keys(rows[0] ?? {});
	return [columns, ...rows.map((row) => columns.map((column) => row[column]))].map((fields) => `${fields.map(field).join(',')}\r\n`).join('');
};
