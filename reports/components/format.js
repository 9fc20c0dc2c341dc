// How figures and days are written, the same on every page, as the site's language does it. Days are 'YYYY-MM-DD' text, and stay the store's own.
import { dayOf, locale, t, timezone, wordOf } from './language.js';

export const missing = (value) => value === null || value === undefined || Number.isNaN(value);

const formats = new Map();
/** Intl's format of these options, made once. */
const formatOf = (kind, options, language = locale()) => {
	const key = `${kind} ${language} ${JSON.stringify(options)}`;
	if (!formats.has(key)) formats.set(key, new Intl[kind](language, options));
	return formats.get(key);
};
const written = (value, options) => formatOf('NumberFormat', options).format(value).replace(/^-(?=[0.,\s]*$)/, '').replace('-', '\u2212');
const fixed = (digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });

export const count = (value) => (missing(value) ? t('no_data') : written(value, fixed(0)));

// Intl knows no other codes, and a page must not fail over one.
const isCurrency = (code) => /^[A-Za-z]{3}$/.test(code ?? '');

/** An amount with its currency (ISO 4217), in whole units unless `digits` says more: '€1,299', 'CHF 1,299'. */
export const money = (value, currency, digits = 0) => {
	if (missing(value)) return t('no_data');
	if (!isCurrency(currency)) return [written(value, fixed(digits)), currency].filter(Boolean).join(' ');
	return written(value, { ...fixed(digits), style: 'currency', currency });
};

/** A number with its thousands grouped. */
export const grouped = (value, digits = 0) => written(value, fixed(digits));

export const number = (value, digits = 1) => (missing(value) ? t('no_data') : grouped(value, digits));

/** Hours as people say how old something is: '3 h', '12 days'. */
export const age = (hours) => (missing(hours) || !Number.isFinite(hours) ? t('no_data') : hours < 72 ? t('age-hours', { hours: Math.round(hours) }) : t('age-days', { days: Math.floor(hours / 24) }));

// The American short form has a K that no other word is.
const short = (value, options) => formatOf('NumberFormat', { notation: 'compact', minimumFractionDigits: 0, maximumFractionDigits: 1, ...options }, locale().startsWith('en') ? 'en-US' : locale()).format(value);
export const compact = (value) => (missing(value) ? '' : short(value));
/** An amount where there is little room: '€15K'. */
export const compactMoney = (value, currency) => (isCurrency(currency) ? short(value, { style: 'currency', currency }) : [short(value), currency].filter(Boolean).join(' '));

export const percent = (value, digits = 1) => (missing(value) ? t('no_data') : t('percent', { value: number(value, digits) }));

export const change = (value, digits = 1) => {
	if (missing(value)) return t('nothing_usual_yet');
	const rounded = Number(value.toFixed(digits));
	const sign = rounded > 0 ? '+' : rounded < 0 ? '\u2212' : '±';
	return `${sign}${percent(Math.abs(rounded), digits)}`;
};

const at = (day) => new Date(`${day}T00:00:00Z`);
// The phrases say what is in a day, and Intl writes it.
const day = (id) => (text) => (text ? t(id, { day: dayOf(text) }) : '');

export const longDay = day('day-long');
export const shortDay = day('day-short');
export const plainDay = day('day-plain');
export const dayOfMonth = day('day-of_month');
export const dayAndMonth = day('day-and_month');
/** The month of a day. */
export const month = day('day-month');
/** Monday is 1. */
export const weekday = (isoWeekday) => formatOf('DateTimeFormat', { weekday: 'short', timeZone: 'UTC' }).format(new Date(Date.UTC(2024, 0, isoWeekday)));

/** A moment in UTC ('YYYY-MM-DD HH:MM') on the clock of the site's time zone, in the same form. */
export const localTime = (text) => {
	const parts = formatOf('DateTimeFormat', { timeZone: timezone(), year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, 'en-GB').formatToParts(new Date(`${text.slice(0, 10)}T${text.slice(11, 16)}Z`));
	const { year, month, day, hour, minute } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
	return `${year}-${month}-${day} ${hour}:${minute}`;
};

/** 'YYYY-MM-DD HH:MM' as people write it, on the clock that it is of: '22 Nov 2026, 01:39'. */
export const clock = (text) => (text ? t('moment', { day: plainDay(text.slice(0, 10)), time: text.slice(11, 16) }) : '');
/** A moment in UTC as people write it, on the clock of the site's time zone. */
export const moment = (text) => (text ? clock(localTime(text)) : '');
/** A moment in UTC that is said in UTC, as everything about the air is. */
export const utcMoment = (text) => (text ? t('moment-utc', { moment: clock(text) }) : '');

/** A day, or a moment in UTC with ' UTC' behind it, as tables have room for it; other text as it is. */
export const inTable = (text) => {
	const found = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d)( UTC)?)?$/.exec(text);
	if (!found) return text;
	const [year, month, day, time] = (found[3] ? localTime(text) : text).split(/[- ]/);
	const date = t('table-day', { year, month, day });
	return time ? t('table-moment', { day: date, time }) : date;
};

/** How a row stands to what is usual; in words where there is no percentage. */
export const vsUsual = (row) => {
	if (row.is_closed && !row.counted) return t('closed');
	if (!missing(row.vs_usual)) return change(row.vs_usual);
	if (missing(row.usual)) return t('nothing_usual_yet');
	return row.usual === 0 ? t('usually_none') : t('no_data');
};

/** A number by its first three figures. */
export const significant = (value) => (missing(value) ? t('no_data') : written(value, { maximumSignificantDigits: 3 }));

/** That a day is closed, and why where that is known. */
export const closed = (row) => (row.closed_reason ? t('closed-why', { reason: wordOf('holiday', row.closed_reason) }) : t('closed'));

/** What is to be said of a row's count in a word: closed and why, so far, estimated, no data; nothing where all is well. */
export const stateOf = (row) => {
	if (row.is_closed || (row.hour === null && missing(row.is_complete) && row.closed_reason !== undefined)) return closed(row);
	if (row.is_complete === false) return t('so_far');
	if (row.counted === undefined) return '';
	if (missing(row.counted)) return missing(row.estimated) ? t('no_data') : t('estimated');
	if (row.is_anomaly) return t('anomaly');
	return row.estimated > row.counted + 0.5 ? t('partly_estimated') : '';
};

/** A ratio to visits, of as many visits that it has figures before the point: { scale, value, text }. */
export const perVisits = (ratio) => {
	if (missing(ratio)) return { scale: 100, value: null, text: t('no_data') };
	const scale = ratio >= 0.001 ? 100 : ratio >= 0.00001 ? 10_000 : 1_000_000;
	return { scale, value: scale * ratio, text: significant(scale * ratio) };
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
