// Calendar days as 'YYYY-MM-DD' text, the store's own.

export const addDays = (day, days) => new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

/** A day within two others; the fallback where it is none. */
export const within = (day, first, last, fallback) => (/^\d{4}-\d\d-\d\d$/.test(day ?? '') ? (day < first ? first : day > last ? last : day) : fallback);

/** A text as a value in SQL. */
export const literal = (text) => `'${String(text ?? '').replaceAll("'", "''")}'`;
