// How figures and days are written, the same on every page. Days are 'YYYY-MM-DD' text, and stay the store's own.

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export const missing = (value) => value === null || value === undefined || Number.isNaN(value);

export const count = (value) => (missing(value) ? 'no data' : whole.format(value));

/** An amount with its currency (ISO 4217), in whole units unless `digits` says more: '€1,299', 'CHF 1,299'. */
export const money = (value, currency, digits = 0) => {
	if (missing(value)) return 'no data';
	const style = { minimumFractionDigits: digits, maximumFractionDigits: digits };
	// Intl knows no other codes, and a page must not fail over one.
	if (!/^[A-Za-z]{3}$/.test(currency ?? '')) return [new Intl.NumberFormat('en-GB', style).format(value).replace('-', '\u2212'), currency].filter(Boolean).join(' ');
	return new Intl.NumberFormat('en-GB', { ...style, style: 'currency', currency }).format(value).replace('-', '\u2212');
};

export const number = (value, digits = 1) => (missing(value) ? 'no data' : value.toFixed(digits).replace(/^-(?=0\.?0*$)/, '').replace('-', '\u2212'));

/** A number with its thousands grouped. */
export const grouped = (value, digits = 0) => new Intl.NumberFormat('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value).replace(/^-(?=0\.?0*$)/, '').replace('-', '\u2212');

/** Hours as people say how old something is: '3 h', '12 days'. */
export const age = (hours) => (missing(hours) || !Number.isFinite(hours) ? 'no data' : hours < 72 ? `${whole.format(hours)} h` : `${whole.format(Math.floor(hours / 24))} days`);

export const compact = (value) => (missing(value) ? '' : short.format(value));

export const percent = (value, digits = 1) => (missing(value) ? 'no data' : `${value.toFixed(digits)} %`);

/** What a day is compared with on every page: the mean of the same weekday of the four weeks before. */
export const USUAL = 'usual';

export const change = (value, digits = 1) => {
	if (missing(value)) return 'nothing usual yet';
	const rounded = Number(value.toFixed(digits));
	const sign = rounded > 0 ? '+' : rounded < 0 ? '\u2212' : '±';
	return `${sign}${Math.abs(rounded).toFixed(digits)} %`;
};

const at = (day) => new Date(`${day}T00:00:00Z`);
const named = (options) => {
	const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
	return (day) => (day ? format.format(at(day)) : '');
};

export const longDay = named({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
export const shortDay = named({ weekday: 'short', day: 'numeric', month: 'short' });
export const dayOfMonth = named({ weekday: 'short', day: 'numeric' });
export const dayAndMonth = named({ day: 'numeric', month: 'short' });

/** 'YYYY-MM-DD HH:MM' as people write it: '22 Nov 2026, 01:39'. */
export const moment = (text) => (text ? `${named({ day: 'numeric', month: 'short', year: 'numeric' })(text.slice(0, 10))}, ${text.slice(11)}` : '');

/** How a row stands to what is usual; in words where there is no percentage. */
export const vsUsual = (row) => {
	if (row.is_closed && !row.counted) return 'closed';
	if (!missing(row.vs_usual)) return change(row.vs_usual);
	if (missing(row.usual)) return 'nothing usual yet';
	return row.usual === 0 ? 'usually none' : 'no data';
};

/** A ratio to visits, of as many visits that it has figures before the point: { scale, value, text }. */
export const perVisits = (ratio) => {
	if (missing(ratio)) return { scale: 100, value: null, text: 'no data' };
	const scale = ratio >= 0.001 ? 100 : ratio >= 0.00001 ? 10_000 : 1_000_000;
	return { scale, value: scale * ratio, text: new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 }).format(scale * ratio) };
};

/** How a change is coloured: small ones say nothing. */
export const tone = (value) => (missing(value) || Math.abs(value) < 5 ? '' : value > 0 ? 'rise' : 'fall');

/** Every day from the first to the last row's, so that a day without a row shows as a gap. */
export const everyDay = (rows) => {
	if (!rows.length) return [];
	const byDay = new Map(rows.map((row) => [row.day, row]));
	const days = [];
	const last = rows[rows.length - 1].day;
	for (let time = at(rows[0].day); ; time = new Date(time.getTime() + 86_400_000)) {
		const day = time.toISOString().slice(0, 10);
		days.push(byDay.get(day) ?? { day });
		if (day >= last) return days;
	}
};

/** Every hour from the first to the last row's (`hour_at`, 'YYYY-MM-DD HH:00'), so that an hour without a row shows as a gap. */
export const everyHour = (rows) => {
	if (!rows.length) return [];
	const time = (text) => Date.parse(`${text.replace(' ', 'T')}:00Z`);
	const byHour = new Map(rows.map((row) => [row.hour_at, row]));
	const hours = [];
	for (let now = time(rows[0].hour_at); now <= time(rows[rows.length - 1].hour_at); now += 3_600_000) {
		const hour_at = new Date(now).toISOString().slice(0, 16).replace('T', ' ');
		hours.push(byHour.get(hour_at) ?? { hour_at });
	}
	return hours;
};
